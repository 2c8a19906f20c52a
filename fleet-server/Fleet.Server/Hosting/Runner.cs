using Fleet.Server.Storage.Engine;
using Fleet.Server.Trust;

namespace Fleet.Server.Hosting;

/// <summary>One run of the server as a process: settings, start, guide, ready line, stop.</summary>
public static class Runner
{
    /// <summary>Serves until told to stop. Exit code as in <see cref="CommandLine"/>.</summary>
    public static async Task<int> RunAsync(string dataPath, string? configFile, string[] assignments, CancellationToken cancellationToken)
    {
        var faults = new List<SettingFault>();
        var configuration = SettingSources.Open(configFile, assignments, faults);
        var settings = ServerSettings.Read(configuration, out var read);
        faults.AddRange(read);
        if (settings is null || faults.Count > 0)
        {
            await Console.Error.WriteLineAsync($"fleet-server: {faults.Count} fault{(faults.Count == 1 ? "" : "s")} in the settings:");
            foreach (var fault in faults)
            {
                await Console.Error.WriteLineAsync($"  {fault}");
            }

            return CommandLine.UsageExitCode;
        }

        try
        {
            await using var server = await FleetServer.StartAsync(settings, dataPath, TimeProvider.System, cancellationToken);
            await Console.Out.WriteLineAsync(StartGuide.Text(server.Data, server.StartKind, server.Endpoints));
            await Console.Out.WriteLineAsync(StartGuide.ReadyLine(server.Endpoints));
            await Console.Out.FlushAsync(cancellationToken);
            var manager = ServiceManager.OfProcess();
            manager.Ready($"operators at {server.Endpoints.Operators.Authority}, agents at {server.Endpoints.Agents.Authority}");
            using var stopping = server.OnStopping(manager.Stopping);
            using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var watching = new Watchdog(
                manager, server.Services.GetRequiredService<FleetDatabase>(), TimeProvider.System, server.Services.GetRequiredService<ILogger<Watchdog>>()).RunAsync(stopped.Token);
            await server.WaitForStopAsync(cancellationToken);
            await stopped.CancelAsync();
            await watching;
            return 0;
        }
        catch (Exception e) when (e is StartRefusedException or PartFailedException or StorageException or IOException)
        {
            await Console.Error.WriteLineAsync($"fleet-server: {e.Message}");
            return 1;
        }
    }

    /// <summary>Makes an operator's token. Exit code as in <see cref="CommandLine"/>.</summary>
    public static int NewOperatorToken(string dataPath, string name)
    {
        try
        {
            var file = OperatorDesk.NewToken(dataPath, name);
            Console.Out.WriteLine($"The token of {name} is in {file}. Hand it over by a safe way and delete the file here if nobody needs it; then start the server.");
            return 0;
        }
        catch (Exception e) when (e is StartRefusedException or IOException)
        {
            Console.Error.WriteLine($"fleet-server: {e.Message}");
            return 1;
        }
    }
}
