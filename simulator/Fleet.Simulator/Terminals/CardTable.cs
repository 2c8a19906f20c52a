using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>How the card was read (TLV 2F / 1F12).</summary>
public enum CardTechnology : byte
{
    Stripe = 0,
    Chip = 1,
    Contactless = 2,

    /// <summary>A code that a wallet scans; TLV 2F has no word for it.</summary>
    QrCode = 0xFF,
}

/// <summary>A test card or wallet, always masked.</summary>
/// <param name="Name">Name in BMP 8B.</param>
/// <param name="CardType">ZVT card type, reference 13.4.</param>
/// <param name="MaskedNumber">First six and last four digits of the scheme's published test number; empty for a wallet.</param>
/// <param name="Technology">How it is read.</param>
/// <param name="Group">Column of BMP 60 in which it is counted.</param>
/// <param name="PaymentType">BMP 19 of 04 0F: 40 offline, 60 online, 70 PIN.</param>
public sealed record TestCard(
    string Name, int CardType, string MaskedNumber, CardTechnology Technology, TotalGroup Group, byte PaymentType);

/// <summary>Cards that the simulated customers carry, from the schemes' published test ranges.</summary>
public static class CardTable
{
    /// <summary>All cards; records refer to them by index, so new ones go to the end.</summary>
    public static IReadOnlyList<TestCard> Cards { get; } =
    [
        new("girocard", 5, "672612******1230", CardTechnology.Chip, TotalGroup.Girocard, 0x70),
        new("Mastercard", 6, "555555******4444", CardTechnology.Contactless, TotalGroup.Mastercard, 0x60),
        new("VISA", 10, "411111******1111", CardTechnology.Contactless, TotalGroup.Visa, 0x60),
        new("VISA", 10, "401288******1881", CardTechnology.Chip, TotalGroup.Visa, 0x70),
        new("V PAY", 13, "482000******0000", CardTechnology.Chip, TotalGroup.Visa, 0x70),
        new("Mastercard", 6, "222300******0007", CardTechnology.Chip, TotalGroup.Mastercard, 0x70),
        new("Maestro", 46, "675940******0000", CardTechnology.Chip, TotalGroup.Other, 0x70),
        new("American Express", 8, "378282******0005", CardTechnology.Chip, TotalGroup.AmericanExpress, 0x60),
        new("JCB", 14, "353011******0000", CardTechnology.Chip, TotalGroup.Jcb, 0x60),
        new("Diners", 12, "305693******5904", CardTechnology.Chip, TotalGroup.Diners, 0x60),
        new("UnionPay", 198, "621094******0001", CardTechnology.Contactless, TotalGroup.Other, 0x70),
        new("Alipay", 97, string.Empty, CardTechnology.QrCode, TotalGroup.Other, 0x60),
        new("BlueCode", 260, string.Empty, CardTechnology.QrCode, TotalGroup.Other, 0x60),
    ];

    /// <summary>Index of the first card whose name begins with <paramref name="name"/>, or -1.</summary>
    public static int IndexOf(string name)
    {
        for (var index = 0; index < Cards.Count; index++)
        {
            if (Cards[index].Name.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        return -1;
    }
}

/// <summary>Which card the next customer presents: seeded, so that one seed gives one run.</summary>
public sealed class CardReader(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private int? _next;

    /// <summary>The next customer presents this card.</summary>
    public void Present(int cardIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cardIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cardIndex, CardTable.Cards.Count);
        lock (_lock)
        {
            _next = cardIndex;
        }
    }

    /// <summary>Index of the card that is presented now.</summary>
    public int Read()
    {
        lock (_lock)
        {
            var card = _next ?? _random.Next(CardTable.Cards.Count);
            _next = null;
            return card;
        }
    }
}
