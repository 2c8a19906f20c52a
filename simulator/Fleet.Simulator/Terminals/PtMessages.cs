using System.Buffers;
using System.Collections.Immutable;
using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Builds what the terminal says (reference sections 10 and 12).</summary>
internal static class PtMessages
{
    private const int StatusInformation = 0x040F;
    private const int IntermediateStatus = 0x04FF;
    private const int Completion = 0x060F;
    private const int Abort = 0x061E;
    private const int PrintLine = 0x06D1;
    private const int PrintBlock = 0x06D3;
    private const int LinesTag = 0x25;
    private const int AttributeTag = 0x09;
    private const int TextTag = 0x07;
    private const int ReceiptTypeTag = 0x1F07;
    private const byte LastLine = 0x81;

    /// <summary>06 0F without anything.</summary>
    public static readonly Apdu Done = Apdu.Of(Completion);

    public static Apdu Intermediate(byte code) => Apdu.Of(IntermediateStatus, new[] { code });

    public static Apdu Aborted(byte code) => Apdu.Of(Abort, new[] { code });

    public static Apdu AbortedWith(byte code, BmpSet fields) => Apdu.Of(Abort, Join([code], fields));

    public static Apdu Completed(BmpSet fields) => Apdu.Of(Completion, Join([], fields));

    /// <summary>06 0F of 05 01: version, state, details, as far as asked.</summary>
    public static Apdu Status(string? version, byte state, BmpSet details)
    {
        var prefix = new List<byte>();
        if (version is not null)
        {
            var text = ZvtText.Encode(version);
            prefix.AddRange([(byte)(0xF0 | (text.Length / 100)), (byte)(0xF0 | (text.Length / 10 % 10)), (byte)(0xF0 | (text.Length % 10))]);
            prefix.AddRange(text);
        }

        prefix.Add(state);
        return Apdu.Of(Completion, Join([.. prefix], details));
    }

    /// <summary>04 0F of a booked or approved record.</summary>
    public static Apdu Booked(TerminalRecord record, TerminalMemory memory)
    {
        var card = CardTable.Cards[record.CardIndex];
        var set = BmpSet.Empty
            .Put(Bmp.ResultCode, [ResultCodes.Ok])
            .Digits(Bmp.Amount, record.Amount, 6)
            .Digits(Bmp.TraceNumber, record.TraceNumber, 3)
            .Clock(record.LocalTime)
            .Put(Bmp.PaymentType, [card.PaymentType])
            .Digits(Bmp.TerminalId, long.Parse(memory.Tid), 4)
            .Put(Bmp.VuNumber, ZvtText.Encode("1234567890".PadRight(15)))
            .Put(Bmp.Authorisation, Padded(record.ApprovalCode, 8))
            .Digits(Bmp.ReceiptNumber, record.ReceiptNumber, 2)
            .Digits(Bmp.TurnoverNumber, record.TurnoverNumber, 3)
            .Put(Bmp.CardType, [card.CardType])
            .Put(Bmp.CardName, [.. ZvtText.Encode(card.Name), 0x00]);
        if (record.OriginalTraceNumber is { } original)
        {
            set = set.Digits(Bmp.OriginalTrace, original, 3);
        }

        if (card.MaskedNumber.Length > 0)
        {
            set = set.Put(Bmp.CardNumber, CardNumber.Encode(card.MaskedNumber))
                .Digits(Bmp.Expiry, 2812, 2)
                .Digits(Bmp.CardSequence, 1, 2);
        }

        set = WithCurrency(set, memory);
        return Apdu.Of(StatusInformation, Join([], memory.Till.Tlv ? set.Put(Bmp.Tlv, Technology(card)) : set));
    }

    /// <summary>04 0F of a payment that did not come about.</summary>
    public static Apdu Failed(byte code, string text, TerminalMemory memory, DateTimeOffset localTime)
    {
        var set = BmpSet.Empty
            .Put(Bmp.ResultCode, [code])
            .Clock(localTime)
            .Digits(Bmp.TerminalId, long.Parse(memory.Tid), 4)
            .Put(Bmp.AdditionalText, ZvtText.Encode(text));
        return Apdu.Of(StatusInformation, Join([], set));
    }

    /// <summary>04 0F of an end-of-day or an X report: total and BMP 60. A sign cannot be expressed (reference 12.2).</summary>
    public static Apdu Totals(
        ImmutableList<TerminalRecord> records, long difference, int traceNumber, TerminalMemory memory, DateTimeOffset localTime)
    {
        var total = Counter.Of(records, static r => r.Kind, static r => r.Amount).Sum + difference;
        var set = BmpSet.Empty
            .Put(Bmp.ResultCode, [ResultCodes.Ok])
            .Digits(Bmp.Amount, Math.Abs(total), 6)
            .Digits(Bmp.TraceNumber, traceNumber, 3)
            .Clock(localTime)
            .Put(Bmp.Totals, Groups(records, difference));
        return Apdu.Of(StatusInformation, Join([], WithCurrency(set, memory)));
    }

    /// <summary>A receipt as blocks or lines, whichever the till takes.</summary>
    public static IEnumerable<Apdu> Receipt(IReadOnlyList<string> lines, bool blocks, byte receiptType)
    {
        if (!blocks)
        {
            return [.. lines.Select(static l => Apdu.Of(PrintLine, (byte[])[0x00, .. ZvtText.Encode(l)])), Apdu.Of(PrintLine, (byte[])[LastLine])];
        }

        var nodes = lines.Select(static l => new TlvNode(TextTag, ZvtText.Encode(l)));
        var container = TlvContainer.Empty
            .Add(new TlvNode(ReceiptTypeTag, new[] { receiptType }))
            .Add(TlvNode.Of(LinesTag, [new TlvNode(AttributeTag, new byte[] { 0x00 }), .. nodes, new TlvNode(AttributeTag, new[] { LastLine })]));
        return [Apdu.Of(PrintBlock, Join([], BmpSet.Empty.Put(Bmp.Tlv, container.ToArray())))];
    }

    public static BmpSet Put(this BmpSet set, byte tag, byte[] value) => set.With(tag, value, BmpOrder.Status);

    public static BmpSet Digits(this BmpSet set, byte tag, long value, int bytes) => set.Put(tag, Bcd.Write(value, bytes));

    public static BmpSet Clock(this BmpSet set, DateTimeOffset time) => set
        .Digits(Bmp.Time, (time.Hour * 10000) + (time.Minute * 100) + time.Second, 3)
        .Digits(Bmp.Date, (time.Month * 100) + time.Day, 2);

    /// <summary>The currency is sent only to a till that sent one (reference section 6).</summary>
    public static BmpSet WithCurrency(BmpSet set, TerminalMemory memory) =>
        memory.Till.SendsCurrency ? set.Digits(Bmp.Currency, memory.Currency, 2) : set;

    private static byte[] Technology(TestCard card) => TlvContainer.Empty
        .Add(TlvNode.Of(0x2F, new TlvNode(0x1F11, new byte[] { 0x01 }), new TlvNode(0x1F12, new[] { (byte)card.Technology })))
        .ToArray();

    private static byte[] Groups(ImmutableList<TerminalRecord> records, long difference)
    {
        var receipts = records.Select(static r => r.ReceiptNumber).ToList();
        List<byte> bytes =
        [
            .. Bcd.Write(receipts.Count > 0 ? receipts[0] : 0, 2),
            .. Bcd.Write(receipts.Count > 0 ? receipts[^1] : 0, 2),
        ];
        foreach (var group in Enum.GetValues<TotalsGroup>())
        {
            var totals = Counter.Of(records.Where(r => CardTable.Cards[r.CardIndex].Group == group), static r => r.Kind, static r => r.Amount);
            var sum = totals.Sum + (group == TotalsGroup.Others ? difference : 0);
            bytes.AddRange([(byte)totals.Count, .. Bcd.Write(Math.Abs(sum), 6)]);
        }

        return [.. bytes];
    }

    private static byte[] Padded(string text, int length)
    {
        var bytes = new byte[length];
        ZvtText.Encode(text).CopyTo(bytes, 0);
        return bytes;
    }

    private static byte[] Join(byte[] prefix, BmpSet fields)
    {
        var data = new ArrayBufferWriter<byte>();
        data.Write(prefix);
        BmpCodec.Write(fields, data);
        return data.WrittenSpan.ToArray();
    }
}
