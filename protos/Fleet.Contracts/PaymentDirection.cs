using Fleet.Contracts.Link.V1;

namespace Fleet.Contracts;

/// <summary>Which way the money of a payment moves: the one rule, for journal, ledger and audit.</summary>
public static class PaymentDirection
{
    /// <summary>Largest amount that a terminal can tell (ZVT: 12 digits).</summary>
    public const long LargestAmount = 999_999_999_999;

    /// <summary>
    /// What an approved payment adds to a sum: sales plus, reversals and refunds minus; a pre-authorisation is no turnover until it is
    /// booked and counts in no batch. Null for a kind that this version does not know; such money is never guessed.
    /// </summary>
    public static int? Sign(PaymentKind kind) => kind switch
    {
        PaymentKind.Sale => 1,
        PaymentKind.PreAuthorisation => 0,
        PaymentKind.Reversal or PaymentKind.Refund => -1,
        _ => null,
    };

    /// <summary>The amount of an approved payment with its direction; 0 for what counts in no batch.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The kind is not known.</exception>
    public static long Signed(Transaction transaction) => Sign(transaction.Kind) is { } sign
        ? sign * transaction.Amount.MinorUnits
        : throw new ArgumentOutOfRangeException(nameof(transaction), transaction.Kind, "no such kind of payment");

    /// <summary>True for a kind that counts in a batch.</summary>
    public static bool CountsInBatch(PaymentKind kind) => Sign(kind) is not (null or 0);

    /// <summary>True for an amount that can be booked: 0 to twelve digits, and a currency of three capital letters.</summary>
    public static bool IsBookable(Money amount) =>
        amount is { MinorUnits: >= 0 and <= LargestAmount, Currency.Length: 3 } && amount.Currency.All(char.IsAsciiLetterUpper);
}
