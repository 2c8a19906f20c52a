using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Demo;

/// <summary>One lane of a shop: a terminal on a pseudo terminal, a real agent process, a till.</summary>
public sealed class Lane : IAsyncDisposable
{
    private Lane(string name, SimulatedTerminalHost terminal, AgentProcess agent, SimulatedTill till)
    {
        Name = name;
        Terminal = terminal;
        Agent = agent;
        Till = till;
    }

    /// <summary>Terminal id in the fleet, for example <c>lane1</c>.</summary>
    public string Name { get; }

    /// <summary>Terminal id at the acquirer; the device itself forgets it when it is retired.</summary>
    public required string Tid { get; init; }

    /// <summary>The device.</summary>
    public SimulatedTerminalHost Terminal { get; }

    /// <summary>The agent beside it.</summary>
    public AgentProcess Agent { get; }

    /// <summary>The till in front of it.</summary>
    public SimulatedTill Till { get; }

    /// <summary>Sets a lane up: the terminal is registered and enrolled, the agent runs.</summary>
    /// <param name="world">Where the server, the operator and the acquirer are.</param>
    /// <param name="name">Terminal id in the fleet.</param>
    /// <param name="number">1, 2, 3…: makes the TID and the seeds.</param>
    /// <param name="cancellationToken">Ends the setting up.</param>
    public static async Task<Lane> SetUpAsync(World world, string name, int number, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(world.Folder, name);
        Directory.CreateDirectory(folder);
        var tid = $"2900{1000 + number}";
        var terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions
            {
                Tid = tid,
                Host = world.Acquirer,
                Line = new TerminalLineOptions { PtyLink = Path.Combine(folder, "tty") },
                StateFile = Path.Combine(folder, "terminal.json"),
                Seed = number,
                CustomerDelay = world.Pace.CustomerDelay,
                Timers = world.Pace.Timers,
            },
            cancellationToken);
        var agent = new AgentProcess(world.Programs, folder, terminal.LineName, world.Pace.Timers);
        var till = new SimulatedTill(new TillOptions
        {
            Name = name,
            Port = agent.TillPort,
            Seed = number,
            BooksFile = Path.Combine(folder, "till.jsonl"),
            Pace = world.Pace.TillPause,
            Count = world.Pace.TillCount,
            RetryPause = TimeSpan.FromMilliseconds(100),
        });
        var lane = new Lane(name, terminal, agent, till) { Tid = tid };
        await world.Posctl.RunAsync(cancellationToken, "terminals", "create", name, "--store", "Main Street", "--lane", $"{number}");
        var token = await world.Posctl.RunAsync(cancellationToken, "terminals", "enroll-token", name);
        await agent.EnrollAsync(token.GetProperty("token").GetString()!, world.Server.Enrollment, cancellationToken);
        await agent.StartAsync(cancellationToken);
        return lane;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Till.DisposeAsync();
        await Agent.DisposeAsync();
        await Terminal.DisposeAsync();
    }
}
