namespace Fleet.Zvt;

/// <summary>The numbers of the last transaction that was known before the sale.</summary>
/// <param name="TraceNumber">BMP 0B, or null.</param>
/// <param name="ReceiptNumber">BMP 87, or null.</param>
/// <param name="TurnoverNumber">BMP 88, or null.</param>
public sealed record LastKnown(long? TraceNumber, int? ReceiptNumber, int? TurnoverNumber);

/// <summary>What was intended when the outcome was lost.</summary>
/// <param name="Amount">Minor units.</param>
/// <param name="TerminalId">Terminal id, if known.</param>
/// <param name="StartedAt">Local time of the shop when the command went out.</param>
/// <param name="Before">Last numbers known before it; null on a terminal nobody has seen yet.</param>
public sealed record LostIntent(long Amount, int? TerminalId, DateTime StartedAt, LastKnown? Before);

/// <summary>What 06 20 (service byte 03) says about a lost outcome (reference section 15.2).</summary>
public enum RecoveryVerdict
{
    /// <summary>The sale is booked: adopt it.</summary>
    Booked,

    /// <summary>The terminal knows nothing newer than before: declined, never started or reversed.</summary>
    NotBooked,

    /// <summary>An automatic reversal happened: not booked.</summary>
    Reversed,

    /// <summary>Something newer that is not ours: somebody used the terminal standalone. Stays unknown, is flagged.</summary>
    Foreign,

    /// <summary>The terminal cannot tell. Stays unknown; totals (06 10) or the next end-of-day decide.</summary>
    CannotTell,
}
