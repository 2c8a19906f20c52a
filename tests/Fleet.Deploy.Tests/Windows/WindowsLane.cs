using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows build beside a simulated terminal whose pseudo terminal is one of wine's COM ports.</summary>
internal sealed class WindowsLane : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AcquirerHost _acquirer;

    private WindowsLane(Wine wine, string program)
    {
        Wine = wine;
        Program = program;
        _acquirer = new AcquirerHost(_folder.File("host.jsonl"), new HostRules(), TimeProvider.System);
    }

    public Wine Wine { get; }

    /// <summary>fleet-agent.exe.</summary>
    public string Program { get; }

    public SimulatedTerminalHost Terminal { get; private set; } = null!;

    /// <summary>The agent's data, as a path of this system.</summary>
    public string Data => _folder.File("data");

    /// <summary>The same, as Windows names it.</summary>
    public string WindowsData => Wine.PathOf(Data);

    public static async Task<WindowsLane> StartAsync(string port, TimeSpan customerDelay, CancellationToken cancellationToken)
    {
        var lane = new WindowsLane(await Wine.RequireAsync(), await WindowsBuild.AgentAsync());
        lane.Terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions
            {
                Tid = "29001234",
                Host = lane._acquirer,
                Line = new TerminalLineOptions { PtyLink = lane.File("terminal") },
                StateFile = lane.File("terminal.json"),
                CustomerDelay = customerDelay,
            },
            cancellationToken);
        await lane.Wine.MapAsync(port, lane.File("terminal"), cancellationToken);
        return lane;
    }

    public string File(string name) => _folder.File(name);

    /// <summary>Runs the program to its end.</summary>
    public Task<Ended> RunAsync(CancellationToken cancellationToken, params string[] arguments) => Wine.RunAsync(cancellationToken, [Program, .. arguments]);

    /// <summary>What the journal holds, as JSON.</summary>
    public async Task<string> JournalAsync(CancellationToken cancellationToken) => (await RunAsync(cancellationToken, "journal", "--json", "--data", WindowsData)).Succeeded();

    public async ValueTask DisposeAsync()
    {
        await Terminal.DisposeAsync();
        _acquirer.Dispose();
        _folder.Dispose();
    }
}
