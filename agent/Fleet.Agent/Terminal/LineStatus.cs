namespace Fleet.Agent.Terminal;

/// <summary>How the line to the terminal stands: each value has another next step for a person on site.</summary>
public enum LineState
{
    /// <summary>Not opened yet.</summary>
    Starting,

    /// <summary>No device, or no connection: cable, adapter, network.</summary>
    CableOut,

    /// <summary>The line is there and nobody answers: terminal off, wrong port, wrong baud rate.</summary>
    TerminalSilent,

    /// <summary>The terminal answers that it is not ready.</summary>
    TerminalBusy,

    /// <summary>Registered, identified and ready.</summary>
    Ready,

    /// <summary>Another device answers than the one that was pinned: nothing is done with it.</summary>
    Substituted,

    /// <summary>The terminal is retired: the line is not used any more.</summary>
    Retired,
}

/// <summary>The line at one moment.</summary>
/// <param name="State">How it stands.</param>
/// <param name="TerminalStatus">Last status code of 05 01; 0 = ready.</param>
/// <param name="Detail">For a person.</param>
public sealed record LineStatus(LineState State, byte TerminalStatus, string Detail)
{
    /// <summary>What the device told last about its parts.</summary>
    public TerminalCondition Condition { get; init; } = TerminalCondition.Untold;

    /// <summary>Before the first opening.</summary>
    public static LineStatus Starting { get; } = new(LineState.Starting, 0, "not opened yet");
}

/// <summary>Who wants the line.</summary>
public enum LineUser
{
    /// <summary>The line itself: opening, polling.</summary>
    Housekeeping,

    /// <summary>A till's dialogue.</summary>
    Till,

    /// <summary>A command of the fleet.</summary>
    Command,
}
