using Fleet.Cli.Hosting;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
return await Posctl.RunAsync(args, Surroundings.OfProcess(), stop.Token);
