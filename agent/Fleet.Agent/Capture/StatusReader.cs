using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>
/// Takes out of a Status-Information (04 0F) what may be kept, field by field. What is not named here is never stored: tracks, chip
/// records, additional data.
/// </summary>
public static class StatusReader
{
    private const int MaxText = 60;
    private const int GroupLength = 7;
    private const int GroupsOffset = 4;

    // Order of BMP 60 (reference section 12.2).
    private static readonly string[] Brands = ["girocard", "JCB", "Mastercard", "American Express", "Visa", "Diners", "other"];

    /// <summary>True when the message reports totals and not a payment.</summary>
    public static bool IsTotals(BmpSet fields) => fields.Has(Bmp.Totals);

    /// <summary>The outcome of a payment.</summary>
    /// <param name="fields">Fields of the 04 0F.</param>
    /// <param name="today">Date of the agent, for the year that the terminal leaves out.</param>
    public static CapturedStatus ReadPayment(BmpSet fields, DateOnly today) => new()
    {
        ResultCode = ResultCodeOf(fields),
        AmountMinor = fields.Number(Bmp.Amount),
        Currency = CurrencyOf(fields),
        TraceNumber = TraceOf(fields),
        ReceiptNumber = (uint)(fields.Number(Bmp.ReceiptNumber) ?? 0),
        OriginalTraceNumber = (uint)(fields.Number(Bmp.OriginalTrace) ?? 0),
        TurnoverNumber = (uint)(fields.Number(Bmp.TurnoverNumber) ?? 0),
        Tid = fields.Find(Bmp.TerminalId) is { } tid ? Convert.ToHexString(tid.Value.Span) : string.Empty,
        CardType = CardTypeOf(fields),
        CardName = Clean(fields.Text(Bmp.CardName)),
        MaskedPan = fields.Find(Bmp.CardNumber) is { } pan ? CardNumber.Show(pan.Value.Span) : string.Empty,
        ApprovalCode = Clean(fields.Text(Bmp.Authorisation)),
        LocalTime = LocalTimeOf(fields, today),
    };

    /// <summary>The totals of an end-of-day or an X report.</summary>
    public static CapturedTotals ReadTotals(BmpSet fields)
    {
        var totals = new CapturedTotals
        {
            ResultCode = ResultCodeOf(fields),
            SumMinor = fields.Number(Bmp.Amount) ?? 0,
            Currency = CurrencyOf(fields) ?? string.Empty,
            TraceNumber = TraceOf(fields),
        };
        if (fields.Find(Bmp.Totals) is not { Value: { Length: var length } block } || length < GroupsOffset + (GroupLength * Brands.Length))
        {
            return totals;
        }

        var groups = Brands.Select((brand, index) => ReadGroup(brand, block.Slice(GroupsOffset + (index * GroupLength), GroupLength))).ToList();
        return totals with
        {
            Count = (uint)groups.Sum(static g => g.Count),
            ReceiptFrom = Digits(block[..2]),
            ReceiptTo = Digits(block[2..4]),
            Brands = [.. groups.Where(static g => g.Count > 0 || g.SumMinor != 0)],
        };
    }

    private static CapturedBrand ReadGroup(string brand, ReadOnlyMemory<byte> group) =>
        new(brand, group.Span[0], Bcd.TryRead(group.Span[1..], out var sum) ? sum : 0);

    private static uint Digits(ReadOnlyMemory<byte> bytes) => Bcd.TryRead(bytes.Span, out var value) ? (uint)value : 0;

    private static byte ResultCodeOf(BmpSet fields) => fields.Byte(Bmp.ResultCode) is { } code and not 0 ? code : fields.Byte(Bmp.HostResultCode) ?? 0;

    private static string? CurrencyOf(BmpSet fields) => fields.Number(Bmp.Currency) is { } number ? IsoCurrency.Find((int)number)?.Alpha : null;

    // A terminal with long trace numbers sends 000000 in the short field.
    private static uint TraceOf(BmpSet fields)
    {
        var trace = fields.Number(Bmp.TraceNumber) ?? 0;
        if (trace == 0 && fields.Tlv()?.Find(0x1F2B) is { } node && Bcd.TryRead(node.Value.Span, out var longTrace))
        {
            trace = longTrace;
        }

        return trace is >= 0 and <= uint.MaxValue ? (uint)trace : 0;
    }

    private static uint CardTypeOf(BmpSet fields)
    {
        var type = fields.Byte(Bmp.CardType) ?? 0;
        if (type == 0xFF && fields.Tlv()?.Find(0x41) is { Value: { Length: > 0 and <= 4 } value })
        {
            return value.ToArray().Aggregate(0u, static (number, b) => (number << 8) | b);
        }

        return type;
    }

    private static string LocalTimeOf(BmpSet fields, DateOnly today)
    {
        if (fields.Number(Bmp.Time) is not { } time || fields.Number(Bmp.Date) is not { } date)
        {
            return string.Empty;
        }

        var (month, day) = ((int)(date / 100), (int)(date % 100));
        if (time / 10000 > 23 || time / 100 % 100 > 59 || time % 100 > 59 || month is < 1 or > 12 || day is < 1 or > 31)
        {
            return string.Empty;
        }

        var resolved = new ZvtDate(month, day).Resolve(today);
        return $"{resolved:yyyy-MM-dd}T{time / 10000:00}:{time / 100 % 100:00}:{time % 100:00}";
    }

    // Text of a terminal is nobody's markup and nobody's log line; and a long run of digits in it could be a card number.
    private static string Clean(string? text)
    {
        if (text is null)
        {
            return string.Empty;
        }

        var clean = new string([.. text.Take(MaxText).Select(static c => char.IsControl(c) ? ' ' : c)]).Trim();
        return clean.Count(char.IsAsciiDigit) > 10 ? string.Empty : clean;
    }
}
