using System.Globalization;
using Fleet.Agent.Health;
using Fleet.Agent.Journal;
using Fleet.Zvt;

namespace Fleet.Simulator.Demo;

/// <summary>A fleet agent as a process of its own, with its data directory and configuration file.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    private readonly Programs _programs;
    private readonly string _folder;
    private ChildProcess? _process;

    /// <summary>An agent that is neither enrolled nor started yet.</summary>
    /// <param name="programs">Where the programs are.</param>
    /// <param name="folder">Its data directory, configuration and log go here.</param>
    /// <param name="terminalLine">Device of the terminal, for example a pseudo terminal's link.</param>
    /// <param name="timers">Timers of that line.</param>
    public AgentProcess(Programs programs, string folder, string terminalLine, ZvtTimers timers)
    {
        _programs = programs;
        _folder = folder;
        TillPort = FreePort.Take(1)[0];
        Directory.CreateDirectory(folder);
        File.WriteAllText(ConfigFile, string.Create(CultureInfo.InvariantCulture, $"""
            terminal:
              address: "serial://{terminalLine}?baud=9600&stop=2"
              acknowledgeTimeout: {timers.T2.TotalMilliseconds}ms
              responseTimeout: {timers.T3.TotalMilliseconds}ms
              readyPause: {Math.Min(2000, timers.T3.TotalMilliseconds)}ms
            till:
              endpoint: "tcp://127.0.0.1:{TillPort}"
            link:
              reconnectMaximum: 1s
            data: "{DataFolder}"

            """));
    }

    /// <summary>Port on which the till finds it.</summary>
    public int TillPort { get; }

    /// <summary>Its data directory.</summary>
    public string DataFolder => Path.Combine(_folder, "agent");

    /// <summary>Everything it printed.</summary>
    public string LogFile => Path.Combine(_folder, "agent.log");

    /// <summary>True while the process lives.</summary>
    public bool IsRunning => _process is { IsRunning: true };

    private string ConfigFile => Path.Combine(_folder, "agent.yaml");

    /// <summary>Makes it the agent of a terminal.</summary>
    public async Task EnrollAsync(string token, Uri server, CancellationToken cancellationToken)
    {
        await using var process = ChildProcess.Start(
            _programs.Agent, ["enroll", "--token", token, "--server", server.GetLeftPart(UriPartial.Authority), "--config", ConfigFile], LogFile);
        if (await process.WaitForExitAsync(cancellationToken) is var code and not 0)
        {
            throw new DemoFailedException($"fleet-agent enroll exited with {code}: {process.Tail}");
        }
    }

    /// <summary>Starts it and waits until tills can connect and the terminal answers.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _process = ChildProcess.Start(_programs.Agent, ["run", "--config", ConfigFile], LogFile);
        await _process.WaitForLineAsync("Tills connect to", StartPatience, cancellationToken);
        await _process.WaitForLineAsync("Line Ready", StartPatience, cancellationToken);
    }

    /// <summary>What <c>fleet-agent status</c> shows.</summary>
    public Task<StatusDocument> StatusAsync(CancellationToken cancellationToken) => StatusClient.AskAsync(DataFolder, cancellationToken);

    /// <summary>What <c>fleet-agent journal</c> shows: every entry is proven and the money counted.</summary>
    public JournalSummary Journal(CancellationToken cancellationToken) =>
        JournalAudit.Read(new JournalOptions { DataDirectory = DataFolder }, cancellationToken);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            await process.KillAsync();
            await DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }
}
