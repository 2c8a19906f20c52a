using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>
/// Trace numbers that the terminal gave to somebody else, looked at only on a terminal that tells no receipt numbers: a terminal may use trace numbers for
/// its own talk with the acquirer, so they prove less. Each payment without an approval and each end-of-day of this agent is taken to have used two: its own
/// and that of an automatic reversal or a second attempt.
/// </summary>
public static class TraceGap
{
    private const uint NumbersOfOne = 2;

    /// <summary>The alarm, or null when every number is explained.</summary>
    /// <param name="last">What the terminal had done last as far as this agent knows.</param>
    /// <param name="spent">Declined and aborted payments and end-of-days through this agent since.</param>
    /// <param name="transaction">The payment that has just ended.</param>
    public static JournalEntry? Find(LastKnown last, uint spent, Transaction transaction)
    {
        if (transaction is not { Outcome: TransactionOutcome.Approved, ReceiptNumber: 0 } || last is not { IsKnown: true, TraceNumber: > 0 } || transaction.TraceNumber <= last.TraceNumber)
        {
            return null;
        }

        var missing = transaction.TraceNumber - last.TraceNumber - 1;
        return missing > NumbersOfOne * spent
            ? Alarms.Warning(
                ReasonCodes.TraceGap,
                $"between traces {last.TraceNumber} and {transaction.TraceNumber} the terminal used {missing - (NumbersOfOne * spent)} or more for payments that no till of this agent asked for, or for its own talk with the acquirer")
            : null;
    }
}
