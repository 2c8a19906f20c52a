using System.Collections.Concurrent;
using System.Text;
using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Capture;
using Fleet.Agent.Tests.Commands;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;
using Microsoft.Extensions.Logging;
using TerminalOptions = Fleet.Agent.Terminal.TerminalOptions;
using TillOptions = Fleet.Agent.Till.TillOptions;

namespace Fleet.Agent.Tests.Till;

/// <summary>One lane: acquirer, terminal on a real pty, agent, till over a real socket. A test states only what differs.</summary>
internal sealed class LaneWorld : IAsyncDisposable
{
    public const string Tid = "29001234";

    private readonly TemporaryFolder _folder = new();
    private SimulatedTill? _till;

    private LaneWorld()
    {
        Host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        Terminal = null!;
        TerminalSettings = new TerminalOptions
        {
            Address = "serial://" + _folder.File("terminal"),
            AcknowledgeTimeout = TimeSpan.FromMilliseconds(400),
            ResponseTimeout = TimeSpan.FromSeconds(2),
            DialogueTimeout = TimeSpan.FromSeconds(4),
            ByteGap = TimeSpan.FromMilliseconds(200),
            ReopenMinimum = TimeSpan.FromMilliseconds(20),
            ReopenMaximum = TimeSpan.FromMilliseconds(200),
            ReadyPause = TimeSpan.FromMilliseconds(50),
            PollInterval = TimeSpan.FromSeconds(2),
        };
        TraceSettings = new TraceOptions { Folder = _folder.File("trace") };
        TillSettings = new TillOptions { Endpoint = "tcp://127.0.0.1:0", AnswerTimeout = TimeSpan.FromSeconds(1.5), GoodsTimeout = TimeSpan.FromSeconds(1.5) };
    }

    public AcquirerHost Host { get; }

    public SimulatedTerminalHost Terminal { get; private set; }

    public MemoryJournal Journal { get; } = new();

    public TestFleet Fleet { get; } = new();

    public TerminalOptions TerminalSettings { get; }

    public TillOptions TillSettings { get; }

    public TraceOptions TraceSettings { get; }

    /// <summary>Whose terminal it is; null for one by the book whose payments are final with the answer to 04 0F.</summary>
    public VendorProfile? Vendor { get; set; }

    /// <summary>What else is different about the terminal; null for nothing.</summary>
    public Func<Simulator.Terminals.TerminalOptions, Simulator.Terminals.TerminalOptions>? Differs { get; set; }

    public TestAgent? Agent { get; private set; }

    public MemoryLog Log { get; } = new();

    /// <summary>The order a crash scenario has given.</summary>
    public SignedEnvelope? Order { get; set; }

    /// <summary>Where the next agent of a crash scenario dies.</summary>
    public int? NextDeath { get; set; }

    /// <summary>Everything works, and the agent is ready.</summary>
    public static async Task<LaneWorld> StartAsync(Action<LaneWorld>? differs = null)
    {
        var world = new LaneWorld();
        differs?.Invoke(world);
        world.Terminal = await SimulatedTerminalHost.StartAsync(world.Device(Tid), CancellationToken.None);
        await world.StartAgentAsync();
        await world.ReadyAsync();
        return world;
    }

    /// <summary>A terminal at the place where the agent looks for one.</summary>
    public Simulator.Terminals.TerminalOptions Device(string tid)
    {
        var device = new Simulator.Terminals.TerminalOptions
        {
            Tid = tid,
            StateFile = _folder.File(tid + ".json"),
            Host = Host,
            Line = new TerminalLineOptions { PtyLink = _folder.File("terminal") },
            CustomerDelay = TimeSpan.FromMilliseconds(1),
            Timers = new ZvtTimers
            {
                T1 = TimeSpan.FromMilliseconds(200),
                T2 = TimeSpan.FromMilliseconds(400),
                T3 = TimeSpan.FromSeconds(2),
                Goods = TimeSpan.FromSeconds(2),
            },
        };
        device = Vendor is { } vendor ? device with { Profile = vendor } : device;
        return Differs is null ? device : Differs(device);
    }

    public async Task<TestAgent> StartAgentAsync(DeathSwitch? death = null)
    {
        Agent = await TestAgent.StartAsync(Journal, TerminalSettings, TillSettings, Fleet, death ?? new DeathSwitch(), Log, TraceSettings);
        return Agent;
    }

    /// <summary>The server tells the time, signed.</summary>
    public Task HeartbeatAsync() => Agent!.Inbox.ReceiveAsync(LinkChannel.Heartbeat, Fleet.Heartbeat(TimeProvider.System.GetUtcNow()), CancellationToken.None);

    /// <summary>A new agent on the old journal, as after a restart of the process.</summary>
    public async Task RestartAgentAsync(DeathSwitch? death = null)
    {
        await Agent!.KillAsync();
        await DropTillAsync();
        await StartAgentAsync(death);
    }

    public Task ReadyAsync() => Eventually.TrueAsync(
        () => Agent!.Line.Status.State == LineState.Ready && Agent.Capture.Snapshot is { Last.IsKnown: true, Open.Count: 0, Settlement: null },
        "the line is ready and nothing is open");

    /// <summary>The simulated till; made anew after the agent's endpoint has changed.</summary>
    public SimulatedTill Till => _till ??= new SimulatedTill(new Simulator.Tills.TillOptions
    {
        Name = "lane1",
        Port = Agent!.Endpoint.Port,
        RetryPause = TimeSpan.FromMilliseconds(20),
        BooksFile = _folder.File("till.jsonl"),
    });

    public Task<TillPayment> SellAsync(long amount) => Till.SellAsync(amount, CancellationToken.None, CancellationToken.None);

    /// <summary>A till that says exactly what a test wants.</summary>
    public Task<ScriptedTill> ConnectAsync() => ScriptedTill.ConnectAsync(Agent!.Endpoint);

    /// <summary>The terminal has left the dialogue before: it answers the next question.</summary>
    public async Task SettleDownAsync()
    {
        await using var till = await ConnectAsync();
        await till.SendAsync("05 01 05 00 00 00 03 02");
        await till.FollowAsync();

        // And the agent has the terminal's word for its own last answer.
        using var lease = (await Agent!.Line.AcquireAsync(LineUser.Command, Timeout.InfiniteTimeSpan, CancellationToken.None)).Lease;
    }

    public async Task DropTillAsync()
    {
        if (_till is not null)
        {
            await _till.DisposeAsync();
            _till = null;
        }
    }

    /// <summary>Journal, terminal and acquirer have the same records and the same sum.</summary>
    public void AssertAgreement()
    {
        var batch = Agent!.Capture.Snapshot.Batch.Of("EUR");
        var journal = new Simulator.Books.Counter((int)batch.Count, batch.SumMinor);
        Assert.Multiple(() =>
        {
            Assert.That(Agent.Capture.Snapshot.Open, Is.Empty, "nothing is open");
            Assert.That(journal, Is.EqualTo(Terminal.Totals), "journal and terminal");
            Assert.That(Host.OpenTotals(Tid), Is.EqualTo(Terminal.Totals), "acquirer and terminal");
        });
    }

    /// <summary>Nothing that is no mask of a card number was written or logged.</summary>
    public void AssertNoCardNumber(string number)
    {
        Assert.That(Encoding.Latin1.GetString(Journal.Everything), Does.Not.Contain(number));
        Assert.That(Log.Text, Does.Not.Contain(number));
    }

    public async ValueTask DisposeAsync()
    {
        await DropTillAsync();
        if (Agent is not null)
        {
            await Agent.DisposeAsync();
        }

        await Terminal.DisposeAsync();
        Host.Dispose();
        Fleet.Dispose();
        _folder.Dispose();
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class MemoryLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
