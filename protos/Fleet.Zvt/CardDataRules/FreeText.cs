namespace Fleet.Zvt;

/// <summary>
/// The second pass for what leaves the house: nobody can tell what a terminal or a till wrote into a text or a vendor's field, a cardholder's name for
/// instance. Such values are overwritten; lengths and structure stay, and so do the few texts that say what device and card these are.
/// </summary>
internal static class FreeText
{
    private const byte Overwritten = 0xEE;
    private const int LongestCode = 7;

    private static readonly byte[] KeptFields = [Bmp.VuNumber, Bmp.Authorisation, Bmp.CardName];
    private static readonly int[] KeptTags = [0x15, TlvTags.DeviceName, TlvTags.SoftwareVersion, 0x42, 0x44, 0x4A];

    /// <summary>A copy without them.</summary>
    /// <param name="safe">What <see cref="CardData.Redact(Apdu, DialogueContext)"/> made.</param>
    /// <param name="context">The dialogue it stands in.</param>
    public static Apdu? Remove(Apdu safe, DialogueContext context)
    {
        if (safe.Data.IsEmpty || CardData.RefusedRegistration(safe) is not null)
        {
            return safe;
        }

        if (safe.IsResponse)
        {
            return BmpCodec.Parse(safe.Data, 0).Value is { } fields ? new ResponseFields(safe, Remove(fields)).ToApdu() : null;
        }

        return ZvtMessages.Parse(safe, context).Value switch
        {
            PrintLine line => (line with { Text = Stars(line.Text) }).ToApdu(),
            BmpMessage message => (message with { Fields = Remove(message.Fields) }).ToApdu(),
            _ => null,
        };
    }

    private static BmpSet Remove(BmpSet fields) => fields.Select(static field => BmpTable.Find(field.Tag) switch
    {
        { Content: BmpContent.Tlv } => new BmpField(field.Tag, Remove(field.Value), field.Offset),
        { Content: BmpContent.Text } when !KeptFields.Contains(field.Tag) => new BmpField(field.Tag, Stars(field.Value), field.Offset),
        { Content: BmpContent.Binary } when field.Value.Length > LongestCode => new BmpField(field.Tag, Blank(field.Value), field.Offset),
        _ => field,
    });

    private static byte[] Remove(ReadOnlyMemory<byte> tlv) => TlvContainer.Parse(tlv, 0).Value is { } container ? Remove(container).ToArray() : Blank(tlv);

    private static TlvContainer Remove(TlvContainer container) => new([.. container.Nodes.Select(Remove)]);

    private static TlvNode Remove(TlvNode node) => TlvDefinition.Find(node.Tag) switch
    {
        { Content: TlvContent.Container } when node.Children is { } children => TlvNode.Of(node.Tag, [.. Remove(children).Nodes]),
        { Content: TlvContent.Text } when !KeptTags.Contains(node.Tag) => new TlvNode(node.Tag, Stars(node.Value)),
        { Content: TlvContent.Binary } when node.Tag == TlvTags.VendorErrorCode || node.Value.Length > LongestCode => new TlvNode(node.Tag, Blank(node.Value)),
        _ => node,
    };

    private static string Stars(string text) => new([.. text.Select(static c => c == ' ' ? c : '*')]);

    private static byte[] Stars(ReadOnlyMemory<byte> text) => [.. text.ToArray().Select(static b => b == (byte)' ' ? b : (byte)'*')];

    private static byte[] Blank(ReadOnlyMemory<byte> value)
    {
        var bytes = new byte[value.Length];
        Array.Fill(bytes, Overwritten);
        return bytes;
    }
}
