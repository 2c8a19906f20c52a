using Fleet.Simulator.Commands;
using Fleet.Simulator.Demo;

using var stop = new CancellationTokenSource();
return await SimulatorCommandLine.RunAsync(args, [DemoVerb.Build()], stop.Token);
