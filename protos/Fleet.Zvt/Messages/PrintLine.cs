namespace Fleet.Zvt;

/// <summary>Attribute of a printed line (reference section 10.5).</summary>
/// <param name="Value">The attribute byte.</param>
public readonly record struct PrintAttribute(byte Value)
{
    private const byte FeedLines = 0xFF;

    /// <summary>81: the last line of a receipt.</summary>
    public static readonly PrintAttribute EndOfReceipt = new(0x81);

    /// <summary>40: centred.</summary>
    public static readonly PrintAttribute Centred = new(0x40);

    /// <summary>The last line, or the switch between merchant's and customer's copy.</summary>
    public bool IsLast => Value is > 0x80 and < FeedLines;

    /// <summary>The text is a number of line feeds.</summary>
    public bool IsFeed => Value == FeedLines;

    /// <summary>Centred text.</summary>
    public bool IsCentred => (Value & 0xC0) == 0x40;

    /// <summary>Double width.</summary>
    public bool IsDoubleWidth => Value < 0x80 && (Value & 0x20) != 0;

    /// <summary>Double height.</summary>
    public bool IsDoubleHeight => Value < 0x80 && (Value & 0x10) != 0;

    /// <summary>Columns from the left.</summary>
    public int Indent => Value < 0x80 ? Value & 0x0F : 0;
}

/// <summary>06 D1: one line to print: <c>attribute text</c>.</summary>
public sealed record PrintLine : ZvtMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06D1;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>How it is printed.</summary>
    public PrintAttribute Attribute { get; init; }

    /// <summary>Text in code page 437; empty for a blank line.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>Line feeds that the line asks for with attribute FF; 0 otherwise.</summary>
    public int Feeds => Attribute.IsFeed && Text.Length > 0 ? ZvtText.Encode(Text)[0] : 0;

    /// <summary>Reads 06 D1.</summary>
    public static ZvtParse<PrintLine> Parse(Apdu apdu) => BlockReader.Read(apdu, MessageCode, static r => new PrintLine
    {
        Attribute = new PrintAttribute(r.Byte("print attribute")),
        Text = ZvtText.Decode(r.Rest().Span),
    });

    /// <inheritdoc/>
    public override Apdu ToApdu() => Apdu.Of(Code, (byte[])[Attribute.Value, .. ZvtText.Encode(Text)]);
}
