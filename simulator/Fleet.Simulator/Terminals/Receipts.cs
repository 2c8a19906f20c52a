using Fleet.Simulator.Books;

namespace Fleet.Simulator.Terminals;

/// <summary>Receipt texts, 28 columns at most.</summary>
internal static class Receipts
{
    private const int Width = 28;

    public static IReadOnlyList<string> Payment(TerminalRecord record, TerminalMemory memory, bool customer)
    {
        var card = CardTable.Cards[record.CardIndex];
        return
        [
            Centred(customer ? "* CUSTOMER COPY *" : "* MERCHANT COPY *"),
            Pair("Terminal", memory.Tid),
            Pair("Receipt", $"{record.ReceiptNumber:0000}"),
            Pair("Trace", $"{record.TraceNumber:000000}"),
            record.LocalTime.ToString("yyyy-MM-dd HH:mm:ss"),
            Pair(Title(record.Kind), $"EUR {Amounts.Text(record.Amount)}"),
            card.Name,
            card.MaskedNumber,
            Pair("Approval", record.ApprovalCode),
            Centred("APPROVED"),
        ];
    }

    public static IReadOnlyList<string> EndOfDay(ClosedTerminalBatch batch, TerminalMemory memory, DateTimeOffset localTime) =>
    [
        Centred("* END OF DAY *"),
        Pair("Terminal", memory.Tid),
        Pair("Trace", $"{batch.TraceNumber:000000}"),
        localTime.ToString("yyyy-MM-dd HH:mm:ss"),
        Pair("Records", $"{batch.Totals.Count}"),
        Pair("Total", $"EUR {Amounts.Text(batch.Totals.Sum)}"),
        Centred(batch.Totals == batch.HostTotals ? "BALANCED" : "HOST DIFFERS"),
    ];

    private static string Title(BookingKind kind) => kind switch
    {
        BookingKind.Sale => "SALE",
        BookingKind.Refund => "REFUND",
        BookingKind.Reversal => "REVERSAL",
        BookingKind.Reservation => "PRE-AUTHORISATION",
        BookingKind.Release => "PRE-AUTH. REVERSAL",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static string Pair(string left, string right) => left + right.PadLeft(Math.Max(1, Width - left.Length));

    private static string Centred(string text) => text.PadLeft((Width + text.Length) / 2);
}
