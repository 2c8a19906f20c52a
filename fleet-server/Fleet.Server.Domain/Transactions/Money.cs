namespace Fleet.Server.Domain.Transactions;

/// <summary>An amount of money.</summary>
/// <param name="MinorUnits">Cents for EUR.</param>
/// <param name="Currency">ISO 4217 alphabetic code, upper case; empty only for an amount of zero that nobody named a currency for.</param>
public readonly record struct Money(long MinorUnits, string Currency)
{
    /// <summary>No money, no currency.</summary>
    public static Money None { get; } = new(0, string.Empty);
}

/// <summary>Count and sum of a set of transactions of one currency. Reversals and refunds count and subtract.</summary>
/// <param name="Count">How many.</param>
/// <param name="Sum">Their sum.</param>
public sealed record Tally(long Count, Money Sum)
{
    /// <summary>Nothing booked.</summary>
    public static Tally Empty { get; } = new(0, Money.None);

    /// <summary>
    /// True when both say the same. Without transactions and money the currency does not matter: an empty batch has none.
    /// </summary>
    public bool Agrees(Tally other) =>
        Count == other.Count
        && Sum.MinorUnits == other.Sum.MinorUnits
        && (Sum.Currency == other.Sum.Currency || (Count == 0 && Sum.MinorUnits == 0));

    /// <summary><c>3 x = 12345 EUR (minor units)</c></summary>
    public override string ToString() => $"{Count} x = {Sum.MinorUnits} {(Sum.Currency.Length == 0 ? "(no currency)" : Sum.Currency)} (minor units)";
}
