using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>What the parts of a powered terminal share. A power cycle makes a new one from the same file.</summary>
internal sealed class TerminalDevice(TerminalOptions options, TerminalStore store, TerminalFaults faults, CardReader cards, TerminalDisplay display, CancellationToken power)
{
    private readonly TaskCompletionSource _powerCut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _restart = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TerminalOptions Options => options;

    public TerminalFaults Faults => faults;

    public CardReader Cards => cards;

    public IAcquirerHost Host => options.Host;

    public ZvtTimers Timers => options.Timers;

    public VendorProfile Profile => options.Profile;

    public TerminalMemory Memory => store.Memory;

    /// <summary>One dialogue or one act at the keypad at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>Cancelled when the power goes.</summary>
    public CancellationToken Power => power;

    /// <summary>Completes when a fault cuts the power.</summary>
    public Task PowerCut => _powerCut.Task;

    /// <summary>Completes when the till asked for a restart.</summary>
    public Task RestartAsked => _restart.Task;

    /// <summary>The terminal's own clock, which may be wrong.</summary>
    public DateTimeOffset LocalTime => Memory.LocalTime(options.Time.GetUtcNow());

    /// <summary>The reason to refuse work, the strongest first.</summary>
    public TerminalLock Lock => Memory switch
    {
        { Tampered: true } => TerminalLock.OutOfOrder,
        { Tid: "00000000" } => TerminalLock.ActivationRequired,
        { OpenSettlement: not null, Lock: TerminalLock.None } => TerminalLock.EndOfDayRequired,
        var memory => memory.Lock,
    };

    /// <summary>The line of the moment, for faults that must strike before the next byte.</summary>
    public FaultyLine? Line { get; set; }

    public TerminalMemory Update(Func<TerminalMemory, TerminalMemory> change) => store.Update(change);

    public void Show(params ScreenText[] texts) => display.Show(texts.Select(t => t.In(Memory.Language)));

    public void Show(ScreenText text, string second, string? third = null) =>
        display.Show(third is null ? [text.In(Memory.Language), second] : [text.In(Memory.Language), second, third]);

    public void ShowLines(IEnumerable<string> lines) => display.Show(lines);

    public void ShowIdle() => Show(
        Lock switch
        {
            TerminalLock.None => ScreenText.Ready,
            TerminalLock.EndOfDayRequired => ScreenText.EndOfDayDue,
            TerminalLock.MemoryFull or TerminalLock.JournalFull => ScreenText.MemoryFull,
            _ => ScreenText.OutOfOrder,
        },
        Memory.Tid);

    public void Tell(string name, object fields) => options.Observer(new SimulatorEvent(options.Time.GetUtcNow(), name, fields));

    public void AskRestart() => _restart.TrySetResult();

    public Task DelayAsync(TimeSpan time, CancellationToken cancellationToken) =>
        time > TimeSpan.Zero ? Task.Delay(time, options.Time, cancellationToken) : Task.CompletedTask;

    /// <summary>
    /// 04 0F with the faults that strike while its answer is awaited. There the line is cut behind the frame, so that the till's answer is not
    /// even acknowledged: an acknowledged answer would make the payment final (reference 15.1, case E).
    /// </summary>
    public async ValueTask<StatusAnswer> SendStatusAsync(PtDialogue dialogue, StatusInformation status, CancellationToken cancellationToken)
    {
        if (Line is not { } line || !faults.StrikesAt(PaymentStep.StatusSent))
        {
            return await dialogue.SendStatusAsync(status, cancellationToken);
        }

        line.MuteAfterNextFrame();
        var asking = dialogue.SendStatusAsync(status, cancellationToken);
        await Task.WhenAny(asking, line.Muted);
        await ReachAsync(PaymentStep.StatusSent);
        return await asking;
    }

    /// <summary>A moment at which faults strike: it does not come back when the power goes or the terminal falls silent.</summary>
    public async ValueTask ReachAsync(PaymentStep step)
    {
        if (faults.TakePowerCut(step))
        {
            Line?.Mute();
            Tell("powerCut", new { Memory.Tid, step });
            _powerCut.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, options.Time, power);
        }

        if (faults.TakeSilence(step))
        {
            Line?.Mute();
            Tell("silence", new { Memory.Tid, step });
            await Task.Delay(Timeout.InfiniteTimeSpan, options.Time, power);
        }
    }
}
