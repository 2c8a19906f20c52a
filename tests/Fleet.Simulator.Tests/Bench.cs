using Fleet.Serial;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests;

/// <summary>A host, a terminal on a pseudo terminal with its memory in a file, and a till's end of the line.</summary>
internal sealed class Bench : IAsyncDisposable
{
    public const string Tid = "29001234";

    private readonly TemporaryFolder _folder = new();
    private readonly ZvtTimers _timers;
    private ISerialPort? _port;
    private ZvtSerialLink? _link;

    private Bench(Action<SimulatorEvent> observer, TerminalOptions? options, TimeSpan customer, ZvtTimers timers)
    {
        _timers = timers;
        Host = new AcquirerHost(_folder.File("host.jsonl"), new HostRules(), TimeProvider.System);
        Options = (options ?? new TerminalOptions { Tid = Tid, Host = Host, Line = new TerminalLineOptions() }) with
        {
            Host = Host,
            StateFile = _folder.File("terminal.json"),
            Line = new TerminalLineOptions { PtyLink = _folder.File("terminal") },
            CustomerDelay = customer,
            RestartTime = TimeSpan.Zero,
            Observer = observer,
        };
    }

    public AcquirerHost Host { get; }

    public TerminalOptions Options { get; }

    public SimulatedTerminalHost Terminal { get; private set; } = null!;

    public TillDialogue Till { get; private set; } = null!;

    public static CancellationToken Bound => new CancellationTokenSource(Eventually.Bound).Token;

    public static async Task<Bench> StartAsync(
        TerminalOptions? options = null, Action<SimulatorEvent>? observer = null, TimeSpan customer = default, ZvtTimers? timers = null)
    {
        var bench = new Bench(observer ?? (static _ => { }), options, customer, timers ?? Timers);
        bench.Terminal = await SimulatedTerminalHost.StartAsync(bench.Options, Bound);
        await bench.ConnectAsync();
        return bench;
    }

    /// <summary>Opens the line as an agent does, again after an unplug.</summary>
    public async Task ConnectAsync()
    {
        await HangUpAsync();
        var opened = await SerialPorts.OpenAsync(new SerialAddress(Terminal.LineName), new SerialPortOptions(), Bound);
        Assert.That(opened.Failure, Is.Null);
        _port = opened.Port!;
        _link = new ZvtSerialLink(_port, new ZvtLinkOptions { Timers = _timers }, TimeProvider.System);
        Till = new TillDialogue(_link, _timers);
    }

    /// <summary>Short enough for a test, long enough for a busy machine.</summary>
    public static ZvtTimers Timers { get; } = ZvtTimers.Default with { T4 = TimeSpan.FromSeconds(20) };

    public async Task HangUpAsync()
    {
        if (_link is { } link)
        {
            await link.DisposeAsync();
            await _port!.DisposeAsync();
            _link = null;
        }
    }

    public ZvtSerialLink Link => _link!;

    public Task<DialogueResult> RunAsync(ZvtMessage message) => Till.RunAsync(message.ToApdu(), Bound);

    public async Task RegisterAsync(ConfigByte config = ConfigByte.AgentDefault)
    {
        var result = await RunAsync(new Registration { Config = config });
        Assert.That(result.End, Is.EqualTo(DialogueEnd.Completed));
    }

    public Task<DialogueResult> SellAsync(long amount) => RunAsync(new Authorisation { Amount = amount, Currency = 978, PaymentType = 0x40 });

    public async ValueTask DisposeAsync()
    {
        await HangUpAsync();
        await Terminal.DisposeAsync();
        Host.Dispose();
        _folder.Dispose();
    }
}
