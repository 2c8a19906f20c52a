namespace Fleet.Zvt;

/// <summary>Message sequence ids in TLV 1F73 (reference section 15.5): offered as 000000 in Registration, in force when the PT echoes it.</summary>
public static class MessageIds
{
    /// <summary>After it the count begins again at 1.</summary>
    public const int Last = 999_999;

    /// <summary>The id of a message; null without one.</summary>
    public static int? Read(Apdu apdu, DialogueContext context = default) => (int?)FieldsOf(apdu, context)?.Tlv()?.Number(TlvTags.MessageId);

    /// <summary>The same message with an id. A message that cannot carry TLV (06 D1, unknown ones) comes back as it was.</summary>
    public static Apdu Add(Apdu apdu, int id, DialogueContext context = default)
    {
        if (FieldsOf(apdu, context) is not { Rest.IsEmpty: true } fields)
        {
            return apdu;
        }

        if (fields.Has(Bmp.Tlv) && fields.Tlv() is null)
        {
            return apdu;
        }

        var tlv = (fields.Tlv() ?? TlvContainer.Empty).With(TlvTags.MessageId, Bcd.Write(id, 3));
        if (apdu.IsResponse)
        {
            return new ResponseFields(apdu, fields.With(Bmp.Tlv, tlv.ToArray(), BmpOrder.Command)).ToApdu();
        }

        return ZvtMessages.Parse(apdu, context).Value is BmpMessage message ? (message with { Tlv = tlv }).ToApdu() : apdu;
    }

    /// <summary>The same command without its id: two messages that say the same are equal then.</summary>
    public static Apdu Without(Apdu apdu, DialogueContext context = default)
    {
        if (Read(apdu, context) is null || ZvtMessages.Parse(apdu, context).Value is not BmpMessage { Tlv: { } tlv } message)
        {
            return apdu;
        }

        return (message with { Tlv = tlv.With(TlvTags.MessageId, null) is { Nodes.IsEmpty: false } rest ? rest : null }).ToApdu();
    }

    /// <summary>The id after <paramref name="id"/>.</summary>
    public static int Next(int id) => id >= Last ? 1 : id + 1;

    private static BmpSet? FieldsOf(Apdu apdu, DialogueContext context) => apdu.IsResponse
        ? BmpCodec.Parse(apdu.Data, 0).Value
        : (ZvtMessages.Parse(apdu, context).Value as BmpMessage)?.Fields;
}
