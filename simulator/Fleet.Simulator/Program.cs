using Fleet.Simulator.Commands;

using var stop = new CancellationTokenSource();
return await SimulatorCommandLine.RunAsync(args, [], stop.Token);
