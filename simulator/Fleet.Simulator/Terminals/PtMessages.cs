using System.Collections.Immutable;
using Fleet.Simulator.Books;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>Fills the terminal's messages (reference sections 10 and 12). Currency and TLV are left out by the session where the till did not ask.</summary>
internal static class PtMessages
{
    /// <summary>04 0F of a booked or approved record.</summary>
    public static StatusInformation Booked(TerminalRecord record, TerminalMemory memory)
    {
        var card = CardTable.Cards[record.CardIndex];
        var masked = card.MaskedNumber.Length > 0;
        return Clocked(record.LocalTime) with
        {
            ResultCode = ResultCodes.Ok,
            Amount = record.Amount,
            TraceNumber = record.TraceNumber,
            OriginalTraceNumber = record.Kind is BookingKind.Reversal or BookingKind.Release ? record.OriginalTraceNumber : null,
            PaymentType = card.PaymentType,
            MaskedCardNumber = masked ? card.MaskedNumber : null,
            Expiry = masked ? 2812 : null,
            CardSequence = masked ? 1 : null,
            TerminalId = int.Parse(memory.Tid),
            VuNumber = "1234567890",
            ApprovalCode = record.ApprovalCode,
            ReceiptNumber = record.ReceiptNumber,
            TurnoverNumber = record.TurnoverNumber,
            CardType = card.CardType,
            CardName = card.Name,
            Currency = memory.Currency,
            Tlv = Details(card),
        };
    }

    private static TlvContainer Details(TestCard card)
    {
        var online = new TlvNode(TlvTags.Online, new byte[] { 0x01 });
        var how = card.Technology == CardTechnology.QrCode
            ? TlvNode.Of(TlvTags.PaymentDetails, online)
            : TlvNode.Of(TlvTags.PaymentDetails, online, new TlvNode(TlvTags.Technology, new[] { (byte)card.Technology }));
        var details = TlvContainer.Empty.Add(how);
        return card.CardType > byte.MaxValue
            ? details.Add(new TlvNode(TlvTags.CardType, new[] { (byte)(card.CardType >> 8), (byte)card.CardType }))
            : details;
    }

    /// <summary>04 0F of a payment that did not come about.</summary>
    public static StatusInformation Failed(byte code, string text, TerminalMemory memory, DateTimeOffset localTime) =>
        Clocked(localTime) with { ResultCode = code, TerminalId = int.Parse(memory.Tid), AdditionalText = text };

    /// <summary>04 0F of an end-of-day or an X report. A sign cannot be expressed (reference 12.2).</summary>
    public static StatusInformation Totals(
        ImmutableList<TerminalRecord> records, long difference, int traceNumber, TerminalMemory memory, DateTimeOffset localTime)
    {
        var total = Counter.Of(records, static r => r.Kind, static r => r.Amount).Sum + difference;
        return Clocked(localTime) with
        {
            ResultCode = ResultCodes.Ok,
            Amount = Math.Abs(total),
            TraceNumber = traceNumber,
            Totals = Groups(records, difference),
            Currency = memory.Currency,
        };
    }

    /// <summary>A receipt for the till's printer.</summary>
    public static PrintBlock Receipt(IEnumerable<string> lines, ReceiptType type, ZvtCharset charset) =>
        PrintBlock.Of(type, [.. lines.Select(l => (default(PrintAttribute), ZvtText.Carry(l, charset)))]);

    private static StatusInformation Clocked(DateTimeOffset time) => new()
    {
        Time = TimeOnly.FromDateTime(time.DateTime),
        Date = new ZvtDate(time.Month, time.Day),
    };

    private static BatchTotals Groups(ImmutableList<TerminalRecord> records, long difference) => new()
    {
        FirstReceipt = records.IsEmpty ? 0 : records[0].ReceiptNumber,
        LastReceipt = records.IsEmpty ? 0 : records[^1].ReceiptNumber,
        Girocard = Group(records, TotalGroup.Girocard, 0),
        Jcb = Group(records, TotalGroup.Jcb, 0),
        Mastercard = Group(records, TotalGroup.Mastercard, 0),
        AmericanExpress = Group(records, TotalGroup.AmericanExpress, 0),
        Visa = Group(records, TotalGroup.Visa, 0),
        Diners = Group(records, TotalGroup.Diners, 0),
        Other = Group(records, TotalGroup.Other, difference),
    };

    private static GroupTotal Group(ImmutableList<TerminalRecord> records, TotalGroup group, long difference)
    {
        var totals = Counter.Of(records.Where(r => CardTable.Cards[r.CardIndex].Group == group), static r => r.Kind, static r => r.Amount);
        return new GroupTotal(totals.Count, Math.Abs(totals.Sum + difference));
    }
}
