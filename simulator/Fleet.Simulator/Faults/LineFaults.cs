namespace Fleet.Simulator.Faults;

/// <summary>Faults of a line that are counted down.</summary>
public enum LineFault
{
    /// <summary>An ACK of the terminal is lost.</summary>
    DropAck,

    /// <summary>A frame of the terminal is lost.</summary>
    DropFrame,

    /// <summary>A frame of the terminal arrives with a wrong CRC.</summary>
    CorruptFrame,

    /// <summary>A frame of the terminal arrives twice.</summary>
    DuplicateFrame,

    /// <summary>A frame of the till arrives damaged, so that the terminal answers NAK.</summary>
    Nak,

    /// <summary>An ACK of the till is lost.</summary>
    DropTillAck,

    /// <summary>A frame of the till is lost.</summary>
    DropTillFrame,

    /// <summary>A frame of the till arrives twice.</summary>
    DuplicateTillFrame,
}

/// <summary>What is wrong with a line. Thread-safe; takes effect at the next byte.</summary>
public sealed class LineFaults
{
    private readonly Lock _lock = new();
    private readonly Dictionary<LineFault, int> _left = [];
    private LinePace? _pace;
    private TimeSpan _delay;
    private bool _split;
    private bool _silent;

    /// <summary>Speed of the line; null for at once.</summary>
    public LinePace? Pace
    {
        get => Read(() => _pace);
        set => Write(() => _pace = value);
    }

    /// <summary>Pause before everything the terminal sends.</summary>
    public TimeSpan Delay
    {
        get => Read(() => _delay);
        set => Write(() => _delay = value);
    }

    /// <summary>Everything the terminal sends arrives byte by byte.</summary>
    public bool Split
    {
        get => Read(() => _split);
        set => Write(() => _split = value);
    }

    /// <summary>Nothing the terminal sends arrives.</summary>
    public bool Silent
    {
        get => Read(() => _silent);
        set => Write(() => _silent = value);
    }

    /// <summary>The fault strikes the next <paramref name="count"/> times.</summary>
    public void Arm(LineFault fault, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Write(() => _left[fault] = count);
    }

    /// <summary>Everything but the speed is as it should be.</summary>
    public void Clear() => Write(() =>
    {
        _left.Clear();
        (_delay, _split, _silent) = (TimeSpan.Zero, false, false);
    });

    /// <summary>What is armed, in words.</summary>
    public IReadOnlyList<string> Active
    {
        get
        {
            lock (_lock)
            {
                var active = _left.Where(static f => f.Value > 0).Select(static f => $"{f.Key} {f.Value}").ToList();
                active.AddRange(_pace is null ? [] : [$"{Math.Round(11 / _pace.ByteTime.TotalSeconds)} baud"]);
                active.AddRange(_delay > TimeSpan.Zero ? [$"delay {_delay.TotalMilliseconds:0} ms"] : []);
                active.AddRange(_split ? ["split"] : []);
                active.AddRange(_silent ? ["silent"] : []);
                return active;
            }
        }
    }

    internal bool Take(LineFault fault)
    {
        lock (_lock)
        {
            var left = _left.GetValueOrDefault(fault);
            _left[fault] = Math.Max(0, left - 1);
            return left > 0;
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }

    private void Write(Action write)
    {
        lock (_lock)
        {
            write();
        }
    }
}
