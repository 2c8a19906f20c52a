using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>A card type (BMP 8A or TLV 41).</summary>
/// <param name="Id">ZVT id, decimal in the tables.</param>
/// <param name="Name">Name of the scheme.</param>
/// <param name="Group">Its group in the totals of BMP 60.</param>
public sealed record CardType(int Id, string Name, TotalGroup Group)
{
    /// <summary>girocard.</summary>
    public const int Girocard = 5;

    /// <summary>Mastercard.</summary>
    public const int Mastercard = 6;

    /// <summary>Visa.</summary>
    public const int Visa = 10;

    private static readonly CardType[] Rows =
    [
        new(2, "ec-card", TotalGroup.Other),
        new(5, "girocard", TotalGroup.Girocard),
        new(6, "Mastercard", TotalGroup.Mastercard),
        new(7, "EAPS", TotalGroup.Other),
        new(8, "American Express", TotalGroup.AmericanExpress),
        new(9, "direct debit", TotalGroup.Other),
        new(10, "Visa", TotalGroup.Visa),
        new(11, "Visa Electron", TotalGroup.Other),
        new(12, "Diners", TotalGroup.Diners),
        new(13, "V PAY", TotalGroup.Other),
        new(14, "JCB", TotalGroup.Jcb),
        new(15, "REKA", TotalGroup.Other),
        new(30, "GeldKarte", TotalGroup.Other),
        new(46, "Maestro", TotalGroup.Other),
        new(69, "PostFinance", TotalGroup.Other),
        new(87, "Bancontact", TotalGroup.Other),
        new(97, "Alipay", TotalGroup.Other),
        new(111, "instant payment", TotalGroup.Other),
        new(127, "AirPlus", TotalGroup.Other),
        new(196, "Dankort", TotalGroup.Other),
        new(198, "UnionPay", TotalGroup.Other),
        new(219, "gift card", TotalGroup.Other),
        new(232, "Discover", TotalGroup.Other),
        new(240, "gift card", TotalGroup.Other),
        new(256, "MIFARE", TotalGroup.Other),
        new(260, "BlueCode", TotalGroup.Other),
    ];

    private static readonly FrozenDictionary<int, CardType> ById = Rows.ToFrozenDictionary(static r => r.Id);

    /// <summary>The common ones of reference section 13.4.</summary>
    public static IReadOnlyList<CardType> All => Rows;

    /// <summary>The row of an id; an id that is not in the table is an "other" card.</summary>
    public static CardType Find(int id) => ById.GetValueOrDefault(id) ?? new CardType(id, $"other ({id})", TotalGroup.Other);
}
