namespace Fleet.Zvt;

/// <summary>The verdict table of reference section 15.2 as a function. It never guesses: what the table does not decide stays unknown.</summary>
public static class Recovery
{
    private const long TraceNumbers = 1_000_000;
    private const long ReceiptNumbers = 10_000;

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(10);

    /// <summary>Judges the answer of a terminal to 06 20 with service byte 03.</summary>
    /// <param name="intent">What was lost.</param>
    /// <param name="repeated">Its 04 0F; null when it ended with 06 1E or sent none.</param>
    public static RecoveryVerdict Judge(LostIntent intent, StatusInformation? repeated)
    {
        if (repeated is null || Age(intent.Before, repeated) is not { } age)
        {
            return RecoveryVerdict.CannotTell;
        }

        if (age == Relation.Same)
        {
            return RecoveryVerdict.NotBooked;
        }

        if (repeated.OriginalTraceNumber is not null)
        {
            return RecoveryVerdict.Reversed;
        }

        if (!repeated.IsApproved)
        {
            return repeated.Amount is { } other && other != intent.Amount ? RecoveryVerdict.Foreign : RecoveryVerdict.NotBooked;
        }

        if (repeated.Amount is not { } amount)
        {
            return RecoveryVerdict.CannotTell;
        }

        var ours = amount == intent.Amount
            && (intent.TerminalId is null || repeated.TerminalId is null || repeated.TerminalId == intent.TerminalId)
            && !IsBefore(repeated, intent.StartedAt);
        return ours ? RecoveryVerdict.Booked : RecoveryVerdict.Foreign;
    }

    private enum Relation
    {
        Same,
        Newer,
        Older,
    }

    // The counters wrap; what lies in the half circle ahead is newer. A number behind the known one is no evidence: the terminal repeats successes only, or was reset.
    private static Relation? Age(LastKnown? before, StatusInformation repeated)
    {
        Relation?[] relations =
        [
            Compare(before?.TraceNumber, repeated.TraceNumber, TraceNumbers),
            Compare(before?.ReceiptNumber, repeated.ReceiptNumber, ReceiptNumbers),
            Compare(before?.TurnoverNumber, repeated.TurnoverNumber, TraceNumbers),
        ];
        var known = relations.OfType<Relation>().ToList();
        return known.Count == 0 || known.Contains(Relation.Older) ? null : known.Contains(Relation.Newer) ? Relation.Newer : Relation.Same;
    }

    private static Relation? Compare(long? known, long? now, long numbers)
    {
        if (known is null || now is null)
        {
            return null;
        }

        var ahead = (((now.Value - known.Value) % numbers) + numbers) % numbers;
        return ahead == 0 ? Relation.Same : ahead <= numbers / 2 ? Relation.Newer : Relation.Older;
    }

    private static bool IsBefore(StatusInformation repeated, DateTime startedAt)
    {
        if (repeated.Time is not { } time || repeated.Date is not { } date)
        {
            return false;
        }

        return date.Resolve(DateOnly.FromDateTime(startedAt)).ToDateTime(time) < startedAt - ClockTolerance;
    }
}
