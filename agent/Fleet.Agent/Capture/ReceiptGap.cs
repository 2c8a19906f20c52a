using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>
/// Receipt numbers that the terminal gave to somebody else: payments at the device itself, or past this agent. Found when the next approved
/// payment comes back with a number that is too high. Their amounts are not known here; the totals of the next settlement show them.
/// </summary>
public static class ReceiptGap
{
    /// <summary>The alarm, or null when every number is accounted for.</summary>
    /// <param name="last">What the terminal had done last as far as this agent knows.</param>
    /// <param name="spent">Numbers that declined and aborted payments and end-of-days through this agent may have used up since.</param>
    /// <param name="transaction">The payment that has just ended.</param>
    public static JournalEntry? Find(LastKnown last, uint spent, Transaction transaction)
    {
        if (transaction.Outcome != TransactionOutcome.Approved || last is not { IsKnown: true, ReceiptNumber: > 0 } || transaction.ReceiptNumber <= last.ReceiptNumber)
        {
            // A number that begins again from the start says nothing.
            return null;
        }

        var missing = transaction.ReceiptNumber - last.ReceiptNumber - 1;
        return missing > spent
            ? Alarms.Warning(
                ReasonCodes.ReceiptGap,
                $"between receipts {last.ReceiptNumber} and {transaction.ReceiptNumber} the terminal gave {missing - spent} or more that no till of this agent asked for")
            : null;
    }
}
