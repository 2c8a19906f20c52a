using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>
/// What the totals of a closed batch say about a payment whose outcome was still open: it is decided when the terminal has exactly
/// the journal's records, or exactly one more of exactly its amount. More than one open payment is not guessed at.
/// </summary>
public static class TotalsDecision
{
    /// <summary>The outcome that follows, or null.</summary>
    public static Transaction? Of(CaptureSnapshot snapshot, CapturedTotals? totals, string currency)
    {
        if (snapshot.Open.Count != 1 || totals?.Count is not { } count)
        {
            return null;
        }

        var payment = snapshot.Open[0];
        var journal = snapshot.Batch.Of(currency);
        if (count == journal.Count && totals.SumMinor == journal.SumMinor)
        {
            return Entry(payment, TransactionOutcome.Aborted, "the totals of the closed batch do not contain it");
        }

        var present = Entry(payment, TransactionOutcome.Approved, "the totals of the closed batch contain it");
        return PaymentDirection.CountsInBatch(present.Kind)
            && count == journal.Count + 1
            && totals.SumMinor == journal.SumMinor + PaymentDirection.Signed(present)
                ? present
                : null;
    }

    private static Transaction Entry(OpenPayment payment, TransactionOutcome outcome, string what) =>
        TransactionEntries.Of(payment, new PaymentResult(outcome, 0, Transaction.Types.Evidence.Totals, what));
}
