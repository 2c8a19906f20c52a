using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Transactions;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Transactions;

/// <summary>A payment as it is booked.</summary>
/// <param name="Count">What it adds to a count: 1 for approved turnover, else 0.</param>
/// <param name="Minor">What it adds to a sum.</param>
/// <param name="Details">The rest of what the agent told; empty for an intent.</param>
/// <param name="Fault">Why it cannot be booked as told; empty when it can.</param>
internal sealed record Booking(
    string Id, PaymentKind Kind, LedgerOutcome Outcome, Money? Amount, Money? Requested, long Count, long Minor, Transaction Details, string Fault)
{
    private static readonly Transaction NoDetails = new();

    public static Booking Of(PaymentIntent intent) => new(
        intent.TransactionId, intent.Kind, LedgerOutcome.Pending, null, Read(intent.Requested), 0, 0, NoDetails, FaultOfId(intent.TransactionId));

    public static Booking Of(Transaction transaction)
    {
        var fault = FaultOf(transaction);
        var outcome = fault.Length > 0 ? LedgerOutcome.Unknown : OutcomeOf(transaction.Outcome);
        var amount = fault.Length > 0 ? null : Read(transaction.Amount);
        var sign = outcome == LedgerOutcome.Approved ? PaymentDirection.Sign(transaction.Kind) ?? 0 : 0;
        return new Booking(
            transaction.TransactionId, transaction.Kind, outcome, amount, Read(transaction.Requested), Math.Abs(sign), sign * (amount?.MinorUnits ?? 0), transaction, fault);
    }

    // Money that cannot be booked is unknown money: it shows, it blocks a settlement, and it never spoils a sum.
    private static string FaultOf(Transaction transaction)
    {
        if (FaultOfId(transaction.TransactionId) is { Length: > 0 } fault)
        {
            return fault;
        }

        return transaction.Outcome switch
        {
            TransactionOutcome.Approved when PaymentDirection.Sign(transaction.Kind) is null => $"approved payment of unknown kind {(int)transaction.Kind}",
            TransactionOutcome.Approved when transaction.Amount is null || !PaymentDirection.IsBookable(transaction.Amount) => "approved payment with an impossible amount",
            TransactionOutcome.Approved or TransactionOutcome.Declined or TransactionOutcome.Aborted or TransactionOutcome.Unknown or TransactionOutcome.AutoReversed => string.Empty,
            _ => $"unknown outcome {(int)transaction.Outcome}",
        };
    }

    private static string FaultOfId(string id) => id.Length is 0 or > 64 ? "transaction id of an impossible length" : string.Empty;

    private static Money? Read(Contracts.Link.V1.Money? amount) =>
        amount is not null && PaymentDirection.IsBookable(amount) ? new Money(amount.MinorUnits, amount.Currency) : null;

    private static LedgerOutcome OutcomeOf(TransactionOutcome outcome) => outcome switch
    {
        TransactionOutcome.Approved => LedgerOutcome.Approved,
        TransactionOutcome.Declined => LedgerOutcome.Declined,
        TransactionOutcome.Aborted => LedgerOutcome.Aborted,
        TransactionOutcome.AutoReversed => LedgerOutcome.AutoReversed,
        _ => LedgerOutcome.Unknown,
    };
}
