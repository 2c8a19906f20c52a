using Fleet.Serial;
using Fleet.Simulator.Books;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Store;

/// <summary>One lane's three counters.</summary>
/// <param name="Tid">Terminal id.</param>
/// <param name="Till">What the till believes is paid.</param>
/// <param name="Terminal">Open batch of the terminal.</param>
/// <param name="Host">Open batch at the host.</param>
/// <param name="Unknown">Payments whose outcome the till does not know.</param>
public sealed record LaneCounters(string Tid, Counter Till, Counter Terminal, Counter Host, int Unknown)
{
    /// <summary>All three agree and nothing is unknown.</summary>
    public bool Agree => Till == Terminal && Terminal == Host && Unknown == 0;
}

/// <summary>Runs a whole store in one process.</summary>
public sealed class SimulatedStore : IAsyncDisposable
{
    private const int FirstTid = 29_000_001;
    private readonly StoreOptions _options;
    private readonly List<SimulatedTerminalHost> _terminals = [];
    private readonly List<SimulatedTill> _tills = [];

    private SimulatedStore(StoreOptions options)
    {
        _options = options;
        Directory.CreateDirectory(options.Folder);
        Host = new AcquirerHost(options.Durable ? Path.Combine(options.Folder, "host.jsonl") : null, new HostRules(), options.Time);
    }

    /// <summary>The acquirer of all lanes.</summary>
    public AcquirerHost Host { get; }

    /// <summary>The terminals, lane 1 first.</summary>
    public IReadOnlyList<SimulatedTerminalHost> Terminals => _terminals;

    /// <summary>The tills, lane 1 first.</summary>
    public IReadOnlyList<SimulatedTill> Tills => _tills;

    /// <summary>Makes the lines and switches the terminals on; the tills sell when <see cref="RunAsync"/> says so.</summary>
    /// <exception cref="IOException">A line or a file cannot be had.</exception>
    public static async Task<SimulatedStore> StartAsync(StoreOptions options, CancellationToken cancellationToken)
    {
        var store = new SimulatedStore(options);
        try
        {
            for (var lane = 1; lane <= options.Lanes; lane++)
            {
                await store.AddLaneAsync(lane, cancellationToken);
            }

            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>All tills sell until their count is reached or <paramref name="stop"/>.</summary>
    public Task RunAsync(CancellationToken stop, CancellationToken cancellationToken) =>
        Task.WhenAll(_tills.Select(t => t.RunAsync(stop, cancellationToken)));

    /// <summary>The counters of every lane.</summary>
    public IReadOnlyList<LaneCounters> Counters() =>
        [.. _terminals.Zip(_tills, (terminal, till) => new LaneCounters(
            terminal.Memory.Tid,
            till.Books.Approved,
            terminal.Totals,
            Host.OpenTotals(terminal.Memory.Tid),
            till.Books.Count(TillOutcome.Unknown)))];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var till in _tills)
        {
            await till.DisposeAsync();
        }

        foreach (var terminal in _terminals)
        {
            await terminal.DisposeAsync();
        }

        Host.Dispose();
    }

    private async Task AddLaneAsync(int lane, CancellationToken cancellationToken)
    {
        var linux = OperatingSystem.IsLinux();
        var terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions
            {
                Tid = $"{FirstTid + lane - 1}",
                Host = Host,
                StateFile = _options.Durable ? Path.Combine(_options.Folder, $"terminal-{lane}.json") : null,
                Line = linux
                    ? new TerminalLineOptions { PtyLink = Path.Combine(_options.Folder, $"lane-{lane}") }
                    : new TerminalLineOptions { TcpPort = 0 },
                Pace = _options.Pace,
                Seed = _options.Seed + lane - 1,
                Observer = _options.Observer,
                Time = _options.Time,
            },
            cancellationToken);
        _terminals.Add(terminal);
        var direct = _options.FirstAgentPort is null;
        _tills.Add(new SimulatedTill(new TillOptions
        {
            Name = $"lane-{lane}",
            Port = _options.FirstAgentPort + lane - 1 ?? (linux ? 0 : int.Parse(terminal.LineName.Split(':')[1])),
            Serial = direct && linux ? new SerialAddress(terminal.LineName) : null,
            Count = _options.Count,
            Pace = _options.Pause,
            Seed = _options.Seed + lane - 1,
            BooksFile = _options.Durable ? Path.Combine(_options.Folder, $"till-{lane}.jsonl") : null,
            Observer = _options.Observer,
            Time = _options.Time,
        }));
    }
}
