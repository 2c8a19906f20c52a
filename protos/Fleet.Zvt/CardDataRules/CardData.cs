namespace Fleet.Zvt;

/// <summary>
/// Keeps card data, PINs and passwords from disk, logs and other lines (reference section 17), by parsing. Lengths and structure stay, so that a redacted message still reads.
/// </summary>
public static class CardData
{
    private const byte Overwritten = 0xEE;

    private static readonly byte[] TillMustNotSend = [Bmp.CardNumber, Bmp.Track2, Bmp.Track3, Bmp.Track1, Bmp.CardVerification];

    /// <summary>
    /// A copy whose card numbers show at most the first six and last four digits and whose secrets are overwritten. Null when the APDU cannot be read to its end: then only class,
    /// instruction and length may be kept.
    /// </summary>
    /// <param name="apdu">As it came over the wire.</param>
    /// <param name="context">The dialogue it stands in.</param>
    public static Apdu? Redact(Apdu apdu, DialogueContext context = default)
    {
        if (apdu.IsResponse)
        {
            return RedactResponse(apdu, context);
        }

        return ZvtMessages.Parse(apdu, context).Value switch
        {
            null or OpaqueMessage => apdu.Data.IsEmpty ? apdu : null,
            PrintLine line => (line with { Text = CardNumber.MaskInText(line.Text) }).ToApdu(),
            BmpMessage message when message.Fields.Rest.IsEmpty => (WithoutPassword(message) with { Fields = Redact(message.Fields) }).ToApdu(),
            _ => null,
        };
    }

    /// <summary>The same fields with card numbers masked and secrets overwritten.</summary>
    public static BmpSet Redact(BmpSet fields) => fields.Select(static field => BmpTable.Find(field.Tag) switch
    {
        { Sensitivity: Sensitivity.Secret } => Replace(field, Overwrite(field.Value)),
        { Sensitivity: Sensitivity.CardNumber } => Replace(field, CardNumber.Mask(field.Value.Span)),
        { Content: BmpContent.Tlv } => Replace(field, RedactTlv(field.Value)),
        { Content: BmpContent.Text } => Replace(field, ZvtText.Encode(CardNumber.MaskInText(ZvtText.Decode(field.Value.Span)))),
        _ => Replace(field, WithoutHiddenNumber(field.Value)),
    });

    /// <summary>Labels of the fields of a till's command that must not go to the terminal unless it is allowed explicitly: card numbers, tracks, CVV.</summary>
    public static IReadOnlyList<string> ForbiddenFromTill(Apdu command) =>
        ZvtMessages.Parse(command).Value is BmpMessage message
            ? [.. message.Fields.Fields.Where(static f => TillMustNotSend.Contains(f.Tag)).Select(static f => f.Label)]
            : [];

    /// <summary>84 1E: result code and currency of a refused registration (section 9.1); null for any other response.</summary>
    internal static Abort? RefusedRegistration(Apdu response) =>
        response is { Code: 0x841E, Data.Length: 1 or 3 } && Abort.Parse(Apdu.Of(Abort.MessageCode, response.Data)).Value is { } abort && abort.Fields.Fields.IsEmpty
            ? abort
            : null;

    private static Apdu? RedactResponse(Apdu response, DialogueContext context)
    {
        if (response.Data.IsEmpty || RefusedRegistration(response) is not null)
        {
            return response;
        }

        var secretAnswer = context.Command is DisplayWithNumber.MessageCode or CheckCustomerPin.MessageCode or DisplayWithDukptNumber.MessageCode
            or SendCardApdus.MessageCode or DisplayWithKey.MessageCode;
        if (secretAnswer || BmpCodec.Parse(response.Data, 0).Value is not { Rest.IsEmpty: true } fields)
        {
            return null;
        }

        return new ResponseFields(response, Redact(fields)).ToApdu();
    }

    private static BmpMessage WithoutPassword(BmpMessage message) => message switch
    {
        PasswordCommand command => command with { Password = default },
        PasswordPaymentCommand command => command with { Password = default },
        Registration command => command with { Password = default },
        ReprintReceipts command => command with { Password = default },
        ChangePassword command => command with { Old = default, New = default },
        StatusEnquiry { Password: not null } command => command with { Password = default(ZvtPassword) },
        ServiceMode { Password: not null } command => command with { Password = default(ZvtPassword) },
        _ => message,
    };

    private static byte[] RedactTlv(ReadOnlyMemory<byte> value) =>
        TlvContainer.Parse(value, 0).Value is { } container ? Redact(container).ToArray() : Overwrite(value);

    private static TlvContainer Redact(TlvContainer container) => new([.. container.Nodes.Select(Redact)]);

    private static TlvNode Redact(TlvNode node) => TlvDefinition.Find(node.Tag) switch
    {
        { Content: TlvContent.Container } when node.Children is { } children => TlvNode.Of(node.Tag, [.. Redact(children).Nodes]),
        { Content: TlvContent.Text } => new TlvNode(node.Tag, ZvtText.Encode(CardNumber.MaskInText(ZvtText.Decode(node.Value.Span)))),
        { Content: TlvContent.Binary or TlvContent.Digits } => new TlvNode(node.Tag, WithoutHiddenNumber(node.Value)),
        _ => new TlvNode(node.Tag, Overwrite(node.Value)),
    };

    private static BmpField Replace(BmpField field, byte[] value) => new(field.Tag, value, field.Offset);

    // A terminal that calls its card number a serial number: whatever the field is for, digits that are one are masked, packed or as text.
    private static byte[] WithoutHiddenNumber(ReadOnlyMemory<byte> value)
    {
        const int ShortestPacked = 7;
        if (value.Length < ShortestPacked)
        {
            return value.ToArray();
        }

        var packed = Convert.ToHexString(value.Span);
        var masked = CardNumber.MaskInText(packed);
        var bytes = masked == packed ? value.ToArray() : Convert.FromHexString(masked.Replace('*', 'E'));
        return ZvtText.Encode(CardNumber.MaskInText(ZvtText.Decode(bytes)));
    }

    private static byte[] Overwrite(ReadOnlyMemory<byte> value)
    {
        var bytes = new byte[value.Length];
        Array.Fill(bytes, Overwritten);
        return bytes;
    }
}
