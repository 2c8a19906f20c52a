namespace Fleet.Simulator.Books;

/// <summary>What a booked record is. Amounts are positive everywhere; the kind gives the direction.</summary>
public enum BookingKind
{
    /// <summary>Money to the merchant.</summary>
    Sale,

    /// <summary>Money back to a customer, without reference to a sale.</summary>
    Refund,

    /// <summary>A sale of the same batch taken back.</summary>
    Reversal,

    /// <summary>Money held on a card (pre-authorisation). It counts in no total until it is booked as a sale.</summary>
    Reservation,

    /// <summary>Held money given back. Counts in no total.</summary>
    Release,
}

/// <summary>Count and sum of booked records: every record counts one; refunds and reversals subtract from the sum.</summary>
/// <param name="Count">Number of records.</param>
/// <param name="Sum">Sales minus refunds minus reversals, in minor units; may be negative.</param>
public readonly record struct Counter(int Count, long Sum)
{
    /// <summary>Nothing booked.</summary>
    public static readonly Counter Zero;

    /// <summary>This counter with one more record; held money counts nowhere.</summary>
    public Counter Plus(BookingKind kind, long amount) =>
        kind is BookingKind.Reservation or BookingKind.Release ? this : new Counter(Count + 1, Sum + Signed(kind, amount));

    /// <summary>Both counters together.</summary>
    public Counter Plus(Counter other) => new(Count + other.Count, Sum + other.Sum);

    /// <summary>Counter of a list of records.</summary>
    public static Counter Of<T>(IEnumerable<T> records, Func<T, BookingKind> kind, Func<T, long> amount) =>
        records.Aggregate(Zero, (counter, record) => counter.Plus(kind(record), amount(record)));

    /// <summary>Count and amount for a person, for example <c>3 = 45.67</c>.</summary>
    public override string ToString() => $"{Count} = {Amounts.Text(Sum)}";

    /// <summary>The amount with the sign its kind has in a sum.</summary>
    public static long Signed(BookingKind kind, long amount) => kind == BookingKind.Sale ? amount : -amount;
}

/// <summary>Minor units as people write them.</summary>
public static class Amounts
{
    /// <summary>1234 is <c>12.34</c>.</summary>
    public static string Text(long minorUnits) =>
        $"{(minorUnits < 0 ? "-" : string.Empty)}{Math.Abs(minorUnits) / 100}.{Math.Abs(minorUnits) % 100:00}";
}
