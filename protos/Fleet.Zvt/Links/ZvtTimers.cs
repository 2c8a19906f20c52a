namespace Fleet.Zvt;

/// <summary>Timers of reference section 5; all adjustable per terminal.</summary>
public sealed record ZvtTimers
{
    /// <summary>The timers of the specification.</summary>
    public static readonly ZvtTimers Default = new();

    /// <summary>Longest gap between two bytes of a serial frame; 1 s is kinder on USB and virtual lines.</summary>
    public TimeSpan T1 { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Wait for ACK or NAK before a serial frame is repeated.</summary>
    public TimeSpan T2 { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait for the 80/84 response to a command; on TCP also the longest life of a partial APDU.</summary>
    public TimeSpan T3 { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest silence of a PT that has the master right; restarted by 04 FF and 04 0F, which may carry a new value.</summary>
    public TimeSpan T4 { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>Wait of the PT for the answer to 04 0F unless BMP 01 of the command says otherwise.</summary>
    public TimeSpan Goods { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause of the PT before it repeats a 04 0F that was answered 84 9C.</summary>
    public TimeSpan StatusRepeatPause { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Transmissions of a serial frame in all.</summary>
    public int Transmissions { get; init; } = 3;

    /// <summary>How long after a frame an identical one can be its repetition (section 2.4, rule b).</summary>
    public TimeSpan DuplicateWindow => T2 + TimeSpan.FromSeconds(1);
}
