namespace Fleet.Simulator.Faults;

/// <summary>
/// Switches that technicians and tests throw while the terminal works. Keys, scenarios and the control socket all end here. Thread-safe.
/// </summary>
public sealed class TerminalFaults
{
    private readonly Lock _lock = new();
    private PaymentStep? _powerCutAt;
    private PaymentStep? _silenceAt;
    private bool _fellSilent;
    private int _declineNext;
    private byte _declineCode;
    private int _busyNext;
    private int _wrongTotalsNext;
    private int _duplicateTraceNext;
    private int _cancelNext;
    private long _tip;

    /// <summary>The power goes at this step of the next payment, once.</summary>
    public void CutPowerAt(PaymentStep step) => Set(() => _powerCutAt = step);

    /// <summary>The terminal falls silent at this step of the next payment, until its power is cycled.</summary>
    public void FallSilentAt(PaymentStep step) => Set(() => _silenceAt = step);

    /// <summary>It fell silent and waits for its power to be cycled.</summary>
    public bool FellSilent
    {
        get
        {
            lock (_lock)
            {
                return _fellSilent;
            }
        }
    }

    /// <summary>The next payments are declined as if by the acquirer.</summary>
    public void DeclineNext(int count, byte code) => Set(() => (_declineNext, _declineCode) = (count, code));

    /// <summary>The next commands are answered 84 9C.</summary>
    public void BusyNext(int count) => Set(() => _busyNext = count);

    /// <summary>The next totals are one minor unit too high.</summary>
    public void WrongTotalsNext(int count) => Set(() => _wrongTotalsNext = count);

    /// <summary>The next payments repeat the trace number of the payment before.</summary>
    public void DuplicateTraceNext(int count) => Set(() => _duplicateTraceNext = count);

    /// <summary>The next customers press cancel before they present a card.</summary>
    public void CancelNext(int count) => Set(() => _cancelNext = count);

    /// <summary>The next customer who may add a tip adds this one, minor units.</summary>
    public void TipNext(long amount) => Set(() => _tip = amount);

    /// <summary>Everything works again.</summary>
    public void Clear() => Set(() =>
    {
        (_powerCutAt, _silenceAt) = (null, null);
        (_declineNext, _busyNext, _wrongTotalsNext, _duplicateTraceNext) = (0, 0, 0, 0);
        (_cancelNext, _tip) = (0, 0);
    });

    /// <summary>What is armed, in words.</summary>
    public IReadOnlyList<string> Active
    {
        get
        {
            lock (_lock)
            {
                var armed = new (bool On, string Text)[]
                {
                    (_powerCutAt is not null, $"power cut at {_powerCutAt}"),
                    (_silenceAt is not null, $"silence at {_silenceAt}"),
                    (_fellSilent, "silent until its power is cycled"),
                    (_declineNext > 0, $"decline {_declineNext}"),
                    (_busyNext > 0, $"busy {_busyNext}"),
                    (_wrongTotalsNext > 0, $"wrong totals {_wrongTotalsNext}"),
                    (_duplicateTraceNext > 0, $"duplicate trace {_duplicateTraceNext}"),
                    (_cancelNext > 0, $"cancel {_cancelNext}"),
                    (_tip > 0, $"tip {_tip}"),
                };
                return [.. armed.Where(static a => a.On).Select(static a => a.Text)];
            }
        }
    }

    internal bool StrikesAt(PaymentStep step)
    {
        lock (_lock)
        {
            return _powerCutAt == step || _silenceAt == step;
        }
    }

    internal bool TakePowerCut(PaymentStep step) => Take(() => _powerCutAt == step, () => _powerCutAt = null);

    internal bool TakeSilence(PaymentStep step) => Take(() => _silenceAt == step, () => (_silenceAt, _fellSilent) = (null, true));

    internal void PowerIsOn() => Set(() => _fellSilent = false);

    internal byte? TakeDecline()
    {
        lock (_lock)
        {
            return _declineNext-- > 0 ? _declineCode : Zeroed(ref _declineNext);
        }
    }

    internal bool TakeBusy() => Take(() => _busyNext > 0, () => _busyNext--);

    internal bool TakeWrongTotals() => Take(() => _wrongTotalsNext > 0, () => _wrongTotalsNext--);

    internal bool TakeDuplicateTrace() => Take(() => _duplicateTraceNext > 0, () => _duplicateTraceNext--);

    internal bool TakeCancel() => Take(() => _cancelNext > 0, () => _cancelNext--);

    internal long TakeTip()
    {
        lock (_lock)
        {
            var tip = _tip;
            _tip = 0;
            return tip;
        }
    }

    private static byte? Zeroed(ref int counter)
    {
        counter = 0;
        return null;
    }

    private void Set(Action change)
    {
        lock (_lock)
        {
            change();
        }
    }

    private bool Take(Func<bool> armed, Action disarm)
    {
        lock (_lock)
        {
            if (!armed())
            {
                return false;
            }

            disarm();
            return true;
        }
    }
}
