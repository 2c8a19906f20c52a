namespace Fleet.Zvt;

/// <summary>
/// Any APDU as text for traces and screens. Card data are redacted by parsing (reference section 17): a field is shown only because the tables know it as harmless. What cannot
/// be read is told by class, instruction and length.
/// </summary>
public static class ZvtPrinter
{
    /// <summary>One line: code, name and fields.</summary>
    /// <param name="apdu">As it came over the wire.</param>
    /// <param name="context">The dialogue it stands in; the completion of 05 01 needs it.</param>
    public static string Print(Apdu apdu, DialogueContext context = default)
    {
        var fields = Fields(apdu, context);
        return $"{apdu.Class:X2} {apdu.Instruction:X2} {NameOf(apdu)}{(fields.Count == 0 ? string.Empty : ": " + string.Join(", ", fields))}";
    }

    /// <summary>Name of the command or response.</summary>
    public static string NameOf(Apdu apdu) => apdu switch
    {
        { IsPositive: true } => "positive",
        { Code: 0x841E } => "negative, registration refused",
        { Class: 0x84 } => "negative, " + ResultCodes.Describe(apdu.Instruction),
        { Class: 0x80 } => "positive",
        _ => CommandTable.NameOf(apdu.Code),
    };

    /// <summary>The fields in the order of the wire.</summary>
    public static IReadOnlyList<PrintedField> Fields(Apdu apdu, DialogueContext context = default)
    {
        if (apdu.Data.IsEmpty)
        {
            return [];
        }

        // Everything secret is gone before anything is turned into text.
        if (CardData.Redact(apdu, context) is not { } safe)
        {
            return [Unread(apdu.Data.Length)];
        }

        if (safe.IsResponse)
        {
            if (CardData.RefusedRegistration(safe) is { } refusal)
            {
                return [.. Fields(refusal)];
            }

            return BmpCodec.Parse(safe.Data, 0).Value is { } data ? [.. BmpPrinter.Print(data)] : [Unread(apdu.Data.Length)];
        }

        return ZvtMessages.Parse(safe, context).Value is { } message ? [.. Fields(message)] : [Unread(apdu.Data.Length)];
    }

    private static IEnumerable<PrintedField> Fields(ZvtMessage message) => message switch
    {
        PrintLine line => [new PrintedField("line", $"[{line.Attribute.Value:X2}] \"{line.Text}\"")],
        BmpMessage { Fields: var fields } => Prefix(message).Concat(BmpPrinter.Print(fields)),
        _ => [],
    };

    private static IEnumerable<PrintedField> Prefix(ZvtMessage message) => message switch
    {
        Registration m => [Password, new("config", $"{(byte)m.Config:X2}"), .. m.Currency is { } c ? [new PrintedField("currency", BmpPrinter.Currency(c))] : NoFields],
        PasswordCommand or PasswordPaymentCommand or StatusEnquiry { Password: not null } or ServiceMode { Password: not null } => [Password],
        ChangePassword => [Password, Password],
        ReprintReceipts m => [Password, new("from receipt", $"{m.From:D4}"), .. m.To is { } to ? [new PrintedField("to receipt", $"{to:D4}")] : NoFields],
        PrepaidTopUp m => [new("card id", $"{m.CardId:D4}"), new("mode", $"{m.Mode:X2}")],
        ReadCard { Seconds: { } seconds } => [new("time-out", $"{seconds} s")],
        SwitchProtocol m => [new("protocol", $"{m.Protocol:X2}")],
        SelectLanguage m => [new("language", $"{m.Language:X2}")],
        ChangeBaudRate m => [new("baud rate", $"{m.Rate:X2}")],
        Abort m => [new("result", $"{m.ResultCode:X2} {ResultCodes.Describe(m.ResultCode)}"), .. m.Currency is { } c ? [new PrintedField("currency", BmpPrinter.Currency(c))] : NoFields],
        IntermediateStatus m =>
        [
            new("status", $"{m.Status:X2} {IntermediateStatusCodes.Describe(m.Status)}"), .. m.T4Minutes is { } minutes ? [new PrintedField("T4", $"{minutes} min")] : NoFields,
        ],
        StatusCompletion m =>
        [
            .. m.SoftwareVersion is { } version ? [new PrintedField("software", version)] : NoFields, new("status", $"{m.Status:X2} {TerminalStatus.Find(m.Status).Text}"),
        ],
        _ => [],
    };

    private static readonly PrintedField[] NoFields = [];

    private static readonly PrintedField Password = new("password", "******");

    private static PrintedField Unread(int length) => new("not shown", $"{length} bytes");
}
