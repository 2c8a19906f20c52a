using System.Buffers;

namespace Fleet.Zvt;

/// <summary>08 02: leaves ZVT for another protocol. One way: a technician is needed to come back.</summary>
public sealed record SwitchProtocol : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0802;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>01 T=1, 02 IFSF.</summary>
    public required byte Protocol { get; init; }

    /// <summary>Reads 08 02.</summary>
    public static ZvtParse<SwitchProtocol> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SwitchProtocol { Protocol = r.Byte("protocol"), Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output) => output.Write([Protocol]);
}

/// <summary>08 30: language of the terminal.</summary>
public sealed record SelectLanguage : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0830;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>00 German, 01 English, 02 French, 03 Italian.</summary>
    public required byte Language { get; init; }

    /// <summary>Reads 08 30.</summary>
    public static ZvtParse<SelectLanguage> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SelectLanguage { Language = r.Byte("language"), Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output) => output.Write([Language]);
}

/// <summary>08 40: baud rate; answered at the old rate, in force two seconds later.</summary>
public sealed record ChangeBaudRate : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0840;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>00 9600, 01 19200, 06 57600, 07 115200.</summary>
    public required byte Rate { get; init; }

    /// <summary>Reads 08 40.</summary>
    public static ZvtParse<ChangeBaudRate> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ChangeBaudRate { Rate = r.Byte("baud rate"), Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output) => output.Write([Rate]);
}
