using System.Buffers;

namespace Fleet.Zvt;

/// <summary>06 C0: reads a card. The answer holds track data: not for payment cards (reference sections 12.3 and 17).</summary>
public sealed record ReadCard : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06C0;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Seconds to wait for a card, in place of T3.</summary>
    public byte? Seconds { get; init; }

    /// <summary>Reads 06 C0.</summary>
    public static ZvtParse<ReadCard> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ReadCard { Seconds = r.OptionalByte("time-out"), Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        if (Seconds is { } seconds)
        {
            output.Write([seconds]);
        }
    }
}

/// <summary>06 C5: closes the card session.</summary>
public sealed record CloseCardSession : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06C5;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 C5.</summary>
    public static ZvtParse<CloseCardSession> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new CloseCardSession { Fields = r.Bmps() });
}

/// <summary>06 C6: sends APDUs to the card (TLV 1F46).</summary>
public sealed record SendCardApdus : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06C6;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 C6.</summary>
    public static ZvtParse<SendCardApdus> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SendCardApdus { Fields = r.Bmps() });
}
