using System.Net;
using Fleet.Agent.Capture;
using Fleet.Agent.Commands;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Commands;
using Fleet.Agent.Till;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Tests.Till;

/// <summary>The agent's rooms between till and terminal, put together as the service does, without the service.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private readonly ServiceProvider _rooms;
    private readonly CancellationTokenSource _running = new();
    private readonly CancellationTokenSource _tillRunning = new();
    private Task _loops = Task.CompletedTask;
    private Task _till = Task.CompletedTask;

    private TestAgent(ServiceProvider rooms, DeathSwitch death)
    {
        _rooms = rooms;
        Death = death;
    }

    public DeathSwitch Death { get; }

    public TerminalLine Line => _rooms.GetRequiredService<TerminalLine>();

    public LineTrace Trace => _rooms.GetRequiredService<LineTrace>();

    public TamperAlarm Tamper => _rooms.GetRequiredService<TamperAlarm>();

    public PaymentGate Gate => _rooms.GetRequiredService<PaymentGate>();

    public FleetTime Time => _rooms.GetRequiredService<FleetTime>();

    public PaymentRules Rules => _rooms.GetRequiredService<PaymentRules>();

    public CommandExecutor Executor => _rooms.GetRequiredService<CommandExecutor>();

    public CaptureStore Capture => _rooms.GetRequiredService<CaptureStore>();

    public CommandStore Commands => _rooms.GetRequiredService<CommandStore>();

    public ICommandInbox Inbox => _rooms.GetRequiredService<ICommandInbox>();

    public CommandEcho Echo => _rooms.GetRequiredService<CommandEcho>();

    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.Loopback, 0);

    public static async Task<TestAgent> StartAsync(
        ITransactionJournal journal, TerminalOptions terminal, TillOptions till, TestFleet fleet, DeathSwitch death, ILoggerProvider log, TraceOptions? trace = null)
    {
        var services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton<ITransactionJournal>(new MortalJournal(journal, death))
            .AddSingleton<ICrashPoints>(death)
            .AddSingleton<ICommandTrust>(fleet)
            .AddSingleton<IRetirementErasure>(fleet)
            .AddSingleton<IAgentConfiguration>(fleet.Configuration)
            .AddSingleton<IDiagnosticsSource>(fleet.Configuration)
            .AddLogging(b => b.AddProvider(log).SetMinimumLevel(LogLevel.Debug))
            .AddGate(new LeaseOptions())
            .AddCapture()
            .AddTerminal(terminal, trace ?? new TraceOptions())
            .AddTill(till)
            .AddCommands(fleet.Options)
            .AddSingleton<ITerminalOpener>(s => new MortalOpener(new TerminalOpener(terminal, s.GetRequiredService<LineTrace>(), s.GetRequiredService<TimeProvider>()), death));
        var agent = new TestAgent(services.BuildServiceProvider(), death);
        await agent.StartAsync();
        return agent;
    }

    /// <summary>The service is stopped: the tills' side first, as the host does.</summary>
    public async Task StopAsync()
    {
        await _tillRunning.CancelAsync();
        await _till;
        await DisposeAsync();
    }

    /// <summary>The process is gone: nothing is finished, nothing is written.</summary>
    public async Task KillAsync()
    {
        Death.Kill();
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_running.IsCancellationRequested)
        {
            return;
        }

        await _running.CancelAsync();
        await _tillRunning.CancelAsync();
        try
        {
            await Task.WhenAll(_loops, _till);
        }
        catch (Exception exception) when (exception is OperationCanceledException or DeathException)
        {
            // That is how they end.
        }

        await _rooms.DisposeAsync();
        _running.Dispose();
        _tillRunning.Dispose();
    }

    private async Task StartAsync()
    {
        await Gate.LoadAsync(CancellationToken.None);
        await Rules.LoadAsync(CancellationToken.None);
        await Time.LoadAsync(CancellationToken.None);
        await Capture.LoadAsync(CancellationToken.None);
        await Commands.LoadAsync(CancellationToken.None);
        var listener = _rooms.GetRequiredService<TillListener>();
        var executor = _rooms.GetRequiredService<CommandExecutor>();
        _loops = Task.WhenAll(
            Task.Run(() => Trace.RunAsync(_running.Token), _running.Token),
            Task.Run(() => Line.RunAsync(_running.Token), _running.Token),
            Task.Run(() => executor.RunAsync(_running.Token), _running.Token));
        _till = Task.Run(() => listener.RunAsync(_tillRunning.Token), _tillRunning.Token);
        Endpoint = await listener.Bound;
    }
}
