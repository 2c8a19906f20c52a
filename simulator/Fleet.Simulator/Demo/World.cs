using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Demo;

/// <summary>How quick people and lines are.</summary>
/// <param name="CustomerDelay">How long a customer takes to present a card.</param>
/// <param name="TillPause">Pause of a till that sells on its own between two payments.</param>
/// <param name="Timers">Timers of the line between agent and terminal, on both ends.</param>
/// <param name="TillCount">Payments of a till each time it sells on its own; null until it is stopped.</param>
public sealed record WorldPace(TimeSpan CustomerDelay, TimeSpan TillPause, ZvtTimers Timers, int? TillCount = null);

/// <summary>A small shop with everything that belongs to it: server, lanes, acquirer, operator.</summary>
public sealed class World : IAsyncDisposable
{
    private readonly List<Lane> _lanes = [];
    private AcquirerConnection? _connection;

    private World(string folder, Programs programs, WorldPace pace)
    {
        Pace = pace;
        Folder = folder;
        Programs = programs;
        Server = new ServerProcess(programs, folder);
        Posctl = new Posctl(programs, Server.DataFolder);
        Acquirer = new AcquirerHost(Path.Combine(folder, "acquirer.jsonl"), new HostRules(), TimeProvider.System);
    }

    /// <summary>Everything of this world is below it.</summary>
    public string Folder { get; }

    /// <summary>Where the programs are.</summary>
    public Programs Programs { get; }

    /// <summary>The fleet server.</summary>
    public ServerProcess Server { get; }

    /// <summary>The operator.</summary>
    public Posctl Posctl { get; }

    /// <summary>The acquirer of all terminals.</summary>
    public AcquirerHost Acquirer { get; }

    /// <summary>The lanes that are set up.</summary>
    public IReadOnlyList<Lane> Lanes => _lanes;

    /// <summary>How quick people and lines are.</summary>
    public WorldPace Pace { get; }

    /// <summary>Starts the server and the acquirer's connection to it; no lane yet.</summary>
    /// <param name="folder">Everything goes below it; made when it is not there.</param>
    /// <param name="pace">How quick people and lines are.</param>
    /// <param name="agent">Another agent than the one of the build; or null.</param>
    /// <param name="cancellationToken">Ends the setting up.</param>
    public static async Task<World> StartAsync(string folder, WorldPace pace, string? agent, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var world = new World(folder, Programs.Find(agent), pace);
        try
        {
            await world.Server.StartAsync(cancellationToken);
            world._connection = new AcquirerConnection(world.Acquirer, world.Posctl);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sets up lanes <c>lane1</c> to <c>laneN</c>, side by side.</summary>
    public async Task SetUpLanesAsync(int count, CancellationToken cancellationToken)
    {
        var settingUp = Enumerable.Range(1, count).Select(i => Lane.SetUpAsync(this, $"lane{i}", i, cancellationToken)).ToList();
        try
        {
            await Task.WhenAll(settingUp);
        }
        finally
        {
            foreach (var lane in settingUp.Where(static l => l.IsCompletedSuccessfully))
            {
                _lanes.Add(await lane);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes)
        {
            await lane.DisposeAsync();
        }

        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        await Server.DisposeAsync();
        Acquirer.Dispose();
    }
}
