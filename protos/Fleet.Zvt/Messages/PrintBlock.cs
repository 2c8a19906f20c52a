using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>Whom a receipt is for (TLV 1F07).</summary>
public enum ReceiptType : byte
{
    /// <summary>The merchant.</summary>
    Merchant = 0x01,

    /// <summary>The customer.</summary>
    Customer = 0x02,

    /// <summary>Administration: end-of-day, diagnosis.</summary>
    Administration = 0x03,
}

/// <summary>06 D3: a whole receipt or a part of it: TLV 1F07 and TLV 25 with pairs of attribute and texts (reference section 10.6).</summary>
public sealed record PrintBlock : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06D3;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Whom it is for; null when the terminal does not say.</summary>
    public ReceiptType? Receipt => (ReceiptType?)Tlv?.Byte(TlvTags.ReceiptType);

    /// <summary>The lines in order; an attribute holds until the next one. The last one has <see cref="PrintAttribute.IsLast"/> when the receipt ends here.</summary>
    public ImmutableArray<(PrintAttribute Attribute, string Text)> Lines => ReadLines();

    /// <summary>A block that ends its receipt with attribute 81.</summary>
    /// <param name="receipt">Whom it is for.</param>
    /// <param name="lines">Lines without the end mark.</param>
    public static PrintBlock Of(ReceiptType receipt, params ReadOnlySpan<(PrintAttribute Attribute, string Text)> lines)
    {
        var nodes = new List<TlvNode>();
        PrintAttribute? current = null;
        foreach (var (attribute, text) in lines)
        {
            if (attribute != current)
            {
                nodes.Add(new TlvNode(TlvTags.PrintAttribute, new[] { attribute.Value }));
                current = attribute;
            }

            nodes.Add(new TlvNode(TlvTags.Text, ZvtText.Encode(text)));
        }

        nodes.Add(new TlvNode(TlvTags.PrintAttribute, new[] { PrintAttribute.EndOfReceipt.Value }));
        return new PrintBlock
        {
            Tlv = new TlvContainer([new TlvNode(TlvTags.ReceiptType, new[] { (byte)receipt }), TlvNode.Of(TlvTags.PrintTexts, [.. nodes])]),
        };
    }

    /// <summary>Reads 06 D3.</summary>
    public static ZvtParse<PrintBlock> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new PrintBlock { Fields = r.Bmps() });

    private ImmutableArray<(PrintAttribute Attribute, string Text)> ReadLines()
    {
        var lines = ImmutableArray.CreateBuilder<(PrintAttribute, string)>();
        var attribute = default(PrintAttribute);
        var used = true;
        foreach (var node in Tlv?.Find(TlvTags.PrintTexts)?.Children?.Nodes ?? [])
        {
            if (node is { Tag: TlvTags.PrintAttribute, Value.Length: > 0 })
            {
                attribute = new PrintAttribute(node.Value.Span[0]);
                used = false;
            }
            else if (node.Tag == TlvTags.Text)
            {
                lines.Add((attribute, ZvtText.Decode(node.Value.Span)));
                used = true;
            }
        }

        if (!used && attribute.IsLast)
        {
            lines.Add((attribute, string.Empty));
        }

        return lines.ToImmutable();
    }
}
