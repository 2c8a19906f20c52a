using static Fleet.Zvt.BmpContent;
using static Fleet.Zvt.BmpFormat;

namespace Fleet.Zvt;

/// <summary>All BMPs of reference section 7 as data.</summary>
public static class BmpTable
{
    private static readonly BmpDefinition?[] ByTag = Build();

    /// <summary>Every row, by tag.</summary>
    public static IEnumerable<BmpDefinition> All => ByTag.OfType<BmpDefinition>();

    /// <summary>The row of <paramref name="tag"/>, or null.</summary>
    public static BmpDefinition? Find(byte tag) => ByTag[tag];

    private static BmpDefinition?[] Build()
    {
        BmpDefinition[] rows =
        [
            new(Bmp.Timeout, Fixed, 1, Binary, "time-out in seconds"),
            new(Bmp.MaxStatusRepeats, Fixed, 1, Binary, "maximum status repeats"),
            new(Bmp.ServiceByte, Fixed, 1, Binary, "service byte"),
            new(Bmp.Amount, Fixed, 6, Digits, "amount"),
            new(0x05, Fixed, 1, Binary, "pump number"),
            new(Bmp.Tlv, BmpFormat.Tlv, 0, BmpContent.Tlv, "TLV container"),
            new(Bmp.TraceNumber, Fixed, 3, Digits, "trace number"),
            new(Bmp.Time, Fixed, 3, Digits, "time"),
            new(Bmp.Date, Fixed, 2, Digits, "date"),
            new(Bmp.Expiry, Fixed, 2, Digits, "card expiry"),
            new(Bmp.CardSequence, Fixed, 2, Digits, "card sequence number"),
            new(Bmp.PaymentType, Fixed, 1, Binary, "payment type or status byte"),
            new(Bmp.CardNumber, Ll, 0, BmpContent.CardNumber, "card number", Sensitivity.CardNumber),
            new(Bmp.Track2, Ll, 0, Binary, "track 2", Sensitivity.Secret),
            new(Bmp.Track3, Lll, 0, Binary, "track 3", Sensitivity.Secret),
            new(Bmp.ResultCode, Fixed, 1, Binary, "result code"),
            new(Bmp.TerminalId, Fixed, 4, Digits, "terminal id"),
            new(Bmp.VuNumber, Fixed, 15, BmpContent.Text, "VU number"),
            new(Bmp.Track1, Ll, 0, Binary, "track 1", Sensitivity.Secret),
            new(0x2E, Lll, 0, Binary, "synchronous chip data", Sensitivity.Secret),
            new(Bmp.OriginalTrace, Fixed, 3, Digits, "original trace number"),
            new(Bmp.CardVerification, Fixed, 2, Digits, "card verification value", Sensitivity.Secret),
            new(Bmp.Authorisation, Fixed, 8, BmpContent.Text, "authorisation attribute"),
            new(Bmp.AdditionalText, Lll, 0, BmpContent.Text, "additional text"),
            new(Bmp.Password, Fixed, 3, Digits, "password", Sensitivity.Secret),
            new(Bmp.Currency, Fixed, 2, Digits, "currency"),
            new(0x4C, Ll, 0, Binary, "blocked goods groups"),
            new(Bmp.Totals, Lll, 0, BmpContent.Totals, "individual totals"),
            new(0x70, Fixed, 4, Binary, "image id"),
            new(0x71, Fixed, 4, Binary, "image size"),
            new(0x72, Fixed, 1, Binary, "image MIME type"),
            new(0x73, Fixed, 1, Binary, "image encoding"),
            new(0x74, Fixed, 1, Binary, "image chunk count"),
            new(0x75, Fixed, 1, Binary, "image chunk index"),
            new(Bmp.ReceiptNumber, Fixed, 2, Digits, "receipt number"),
            new(Bmp.TurnoverNumber, Fixed, 3, Digits, "turnover record number"),
            new(Bmp.CardType, Fixed, 1, Binary, "card type"),
            new(Bmp.CardName, Ll, 0, BmpContent.Text, "card name"),
            new(Bmp.OperatorCardType, Fixed, 1, Binary, "network operator card type"),
            new(0x92, Lll, 0, Binary, "old chip data", Sensitivity.Secret),
            new(0x9A, Lll, 0, Binary, "GeldKarte record", Sensitivity.Secret),
            new(Bmp.HostResultCode, Fixed, 1, Binary, "result code AS"),
            new(0xA7, Ll, 0, Binary, "chip EF_ID", Sensitivity.Secret),
            new(Bmp.FullDate, Fixed, 3, Digits, "date YYMMDD"),
            new(0xAF, Lll, 0, Binary, "EF_Info", Sensitivity.Secret),
            new(0xBA, Fixed, 5, Binary, "AID parameter"),
            new(0xD0, Fixed, 1, Binary, "algorithm key"),
            new(0xD1, Ll, 0, Binary, "card offset or PIN data", Sensitivity.Secret),
            new(0xD2, Fixed, 1, Binary, "card output direction"),
            new(0xD3, Fixed, 1, Binary, "DUKPT key index"),
            new(0xE0, Fixed, 1, Binary, "minimum input length"),
            new(0xE9, Fixed, 1, Binary, "maximum input length"),
            new(0xEA, Fixed, 1, Binary, "echo"),
            new(0xEB, Fixed, 8, Binary, "MAC over texts"),
            new(Bmp.DisplayDuration, Fixed, 1, Binary, "display duration in seconds"),
            new(Bmp.Beeps, Fixed, 1, Binary, "beeps"),
            new(Bmp.CardReader, Fixed, 1, Binary, "card reader"),
            new(0xFB, Fixed, 1, Binary, "OK key required"),
            new(Bmp.DialogueControl, Fixed, 1, Binary, "dialogue control"),
            new(Bmp.DisplayDevice, Fixed, 1, Binary, "display device"),
        ];
        var table = new BmpDefinition?[256];
        foreach (var row in rows)
        {
            table[row.Tag] = row;
        }

        for (var line = 1; line <= 8; line++)
        {
            table[0xE0 + line] = new((byte)(0xE0 + line), Ll, 0, BmpContent.Text, $"second text line {line}");
            table[0xF0 + line] = new((byte)(0xF0 + line), Ll, 0, BmpContent.Text, $"text line {line}");
        }

        return table;
    }
}
