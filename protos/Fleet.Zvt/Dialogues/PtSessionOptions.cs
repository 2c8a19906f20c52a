namespace Fleet.Zvt;

/// <summary>Settings of a terminal.</summary>
public sealed record PtSessionOptions
{
    /// <summary>Timers in force.</summary>
    public ZvtTimers Timers { get; init; } = ZvtTimers.Default;

    /// <summary>Commands this terminal knows; everything else is answered 84 83 00. Null takes the whole command table.</summary>
    public Func<int, bool>? Knows { get; init; }

    /// <summary>Answer to a command while the PT is master; null ignores it (section 19).</summary>
    public Apdu? BusyAnswer { get; init; } = Apdu.Negative(0x9C);

    /// <summary>Answer to 06 B0 when the dialogue does not allow it.</summary>
    public Apdu AbortRefusal { get; init; } = Apdu.Negative(0x83);

    /// <summary>Repeats of 04 0F after 84 9C when the command has no BMP 02.</summary>
    public int StatusRepeats { get; init; } = 10;
}
