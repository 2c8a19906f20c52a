namespace Fleet.Zvt;

/// <summary>The fields that display commands share (BMP F0 to FD).</summary>
public abstract record DisplayCommand : BmpMessage
{
    /// <summary>Seconds, 0 for endless; in place of T3.</summary>
    public byte? Seconds
    {
        get => Fields.Byte(Bmp.DisplayDuration);
        init => Fields = Put(Bmp.DisplayDuration, value);
    }

    /// <summary>Number of beeps.</summary>
    public byte? Beeps
    {
        get => Fields.Byte(Bmp.Beeps);
        init => Fields = Put(Bmp.Beeps, value);
    }

    /// <summary>Up to eight lines, the last ones without gaps.</summary>
    /// <exception cref="ArgumentException">More than eight lines.</exception>
    public IReadOnlyList<string> Lines
    {
        get => [.. Enumerable.Range(Bmp.TextLine1, 8).Select(tag => Fields.Text((byte)tag)).TakeWhile(static t => t is not null).Select(static t => t!)];
        init
        {
            if (value.Count > 8)
            {
                throw new ArgumentException("A display text has at most eight lines", nameof(value));
            }

            for (var i = 0; i < 8; i++)
            {
                Fields = PutText((byte)(Bmp.TextLine1 + i), i < value.Count ? value[i] : null);
            }
        }
    }
}

/// <summary>06 E0: shows a text.</summary>
public sealed record DisplayText : DisplayCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E0;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E0.</summary>
    public static ZvtParse<DisplayText> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DisplayText { Fields = r.Bmps() });
}

/// <summary>06 E1: shows a text and waits for a function key.</summary>
public sealed record DisplayWithKey : DisplayCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E1;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E1.</summary>
    public static ZvtParse<DisplayWithKey> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DisplayWithKey { Fields = r.Bmps() });
}

/// <summary>06 E2: shows a text and takes a number; its answer is secret.</summary>
public sealed record DisplayWithNumber : DisplayCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E2;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E2.</summary>
    public static ZvtParse<DisplayWithNumber> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DisplayWithNumber { Fields = r.Bmps() });
}

/// <summary>06 E7: as 06 E2 with DUKPT; its answer is secret.</summary>
public sealed record DisplayWithDukptNumber : DisplayCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E7;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E7.</summary>
    public static ZvtParse<DisplayWithDukptNumber> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DisplayWithDukptNumber { Fields = r.Bmps() });
}

/// <summary>06 E3: checks the PIN of a customer card; its answer is secret.</summary>
public sealed record CheckCustomerPin : DisplayCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E3;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E3.</summary>
    public static ZvtParse<CheckCustomerPin> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new CheckCustomerPin { Fields = r.Bmps() });
}

/// <summary>06 E5: MAC over texts.</summary>
public sealed record DisplayWithMac : DisplayCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06E5;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 E5.</summary>
    public static ZvtParse<DisplayWithMac> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DisplayWithMac { Fields = r.Bmps() });
}

/// <summary>06 F0: shows an image in chunks (BMP 70 to 75, TLV 1C).</summary>
public sealed record DisplayImage : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06F0;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 F0.</summary>
    public static ZvtParse<DisplayImage> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DisplayImage { Fields = r.Bmps() });
}
