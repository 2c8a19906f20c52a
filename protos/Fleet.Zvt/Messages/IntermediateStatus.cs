using System.Buffers;

namespace Fleet.Zvt;

/// <summary>04 FF: what the terminal is doing: <c>code [T4 minutes] [06 TLV 24]</c> (reference section 10.7).</summary>
public sealed record IntermediateStatus : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x04FF;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Status (section 13.3).</summary>
    public required byte Status { get; init; }

    /// <summary>New T4 in minutes. Needed before texts: they are written with 0 when it is null.</summary>
    public int? T4Minutes { get; init; }

    /// <summary>Display texts of TLV 24.</summary>
    public IReadOnlyList<string> Texts
    {
        get => [.. (Tlv?.Find(TlvTags.DisplayTexts)?.Children?.Nodes ?? []).Where(static n => n.Tag == TlvTags.Text).Select(static n => ZvtText.Decode(n.Value.Span))];
        init => Tlv = value.Count == 0 ? null : new TlvContainer(
            [TlvNode.Of(TlvTags.DisplayTexts, [.. value.Select(static text => new TlvNode(TlvTags.Text, ZvtText.Encode(text)))])]);
    }

    /// <summary>Reads 04 FF.</summary>
    public static ZvtParse<IntermediateStatus> Parse(Apdu apdu) => BlockReader.Read(apdu, MessageCode, static r => new IntermediateStatus
    {
        Status = r.Byte("intermediate status"),
        T4Minutes = r.Remaining > 0 ? r.Digits(1, "T4 in minutes") : null,
        Fields = r.Bmps(),
    });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        output.Write([Status]);
        if (T4Minutes is not null || !Fields.Fields.IsEmpty)
        {
            output.Write(Bcd.Write(T4Minutes ?? 0, 1));
        }
    }
}
