namespace Fleet.Simulator.Demo;

/// <summary>A fleet server as a process of its own, on ports that stay the same when it is stopped and started again.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(40);

    private readonly Programs _programs;
    private readonly int[] _ports = FreePort.Take(3);
    private ChildProcess? _process;

    /// <summary>A server that is not started yet.</summary>
    /// <param name="programs">Where the programs are.</param>
    /// <param name="folder">Its data directory and log go here.</param>
    public ServerProcess(Programs programs, string folder)
    {
        _programs = programs;
        DataFolder = Path.Combine(folder, "server");
        LogFile = Path.Combine(folder, "server.log");
    }

    /// <summary>Its data directory.</summary>
    public string DataFolder { get; }

    /// <summary>Everything it printed.</summary>
    public string LogFile { get; }

    /// <summary>Where agents enrol.</summary>
    public Uri Enrollment => new($"https://localhost:{_ports[2]}");

    /// <summary>Address operators use.</summary>
    public Uri Operators => new($"https://localhost:{_ports[0]}");

    /// <summary>Port of the agents' MQTT endpoint.</summary>
    public int AgentsPort => _ports[1];

    /// <summary>True while the process lives.</summary>
    public bool IsRunning => _process is { IsRunning: true };

    /// <summary>Starts it and waits until every door is open.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = ChildProcess.Start(
            _programs.Server,
            [
                "run", "--data", DataFolder,
                "--set", $"Operators:Port={_ports[0]}", "--set", $"Agents:Port={_ports[1]}", "--set", $"Enrollment:Port={_ports[2]}",
                "--set", "Acquirer:Required=true", "--set", "Acquirer:Wait=00:00:30",
            ],
            LogFile);
        await _process.WaitForLineAsync("READY ", StartPatience, cancellationToken);
    }

    /// <summary>Asks it to stop and waits.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            await process.KillAsync();
            await StopAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();
}
