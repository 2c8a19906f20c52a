namespace Fleet.Zvt;

/// <summary>08 10: software update.</summary>
public sealed record SoftwareUpdate : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0810;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 10.</summary>
    public static ZvtParse<SoftwareUpdate> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SoftwareUpdate { Fields = r.Bmps() });
}

/// <summary>08 11: reads files (TLV 2D).</summary>
public sealed record ReadFile : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0811;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 11.</summary>
    public static ZvtParse<ReadFile> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ReadFile { Fields = r.Bmps() });
}

/// <summary>08 12: deletes a file (TLV 1D).</summary>
public sealed record DeleteFile : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0812;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 12.</summary>
    public static ZvtParse<DeleteFile> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new DeleteFile { Fields = r.Bmps() });
}

/// <summary>08 13: changes the configuration; content by vendor in TLV 2D, 1C.</summary>
public sealed record ChangeConfiguration : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0813;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 13.</summary>
    public static ZvtParse<ChangeConfiguration> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ChangeConfiguration { Fields = r.Bmps() });
}

/// <summary>08 14: writes files (TLV 2D).</summary>
public sealed record WriteFile : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0814;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 14.</summary>
    public static ZvtParse<WriteFile> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new WriteFile { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>08 20: OPT action.</summary>
public sealed record OptAction : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0820;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 20.</summary>
    public static ZvtParse<OptAction> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new OptAction { Fields = r.Bmps() });
}

/// <summary>08 21: sets the point in time of the OPT action.</summary>
public sealed record OptPointInTime : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0821;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 21.</summary>
    public static ZvtParse<OptPointInTime> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new OptPointInTime { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>08 22: OPT pre-initialisation.</summary>
public sealed record OptPreInitialisation : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0822;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 22.</summary>
    public static ZvtParse<OptPreInitialisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new OptPreInitialisation { Fields = r.Bmps() });
}

/// <summary>08 23: prints the OPT data.</summary>
public sealed record OptOutputData : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0823;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 23.</summary>
    public static ZvtParse<OptOutputData> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new OptOutputData { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>08 24: takes a girocard terminal out of service at the personalisation host.</summary>
public sealed record OptOutOfOrder : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0824;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 24.</summary>
    public static ZvtParse<OptOutOfOrder> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new OptOutOfOrder { Fields = r.Bmps() });
}

/// <summary>08 50: card reader on (FA 00) or off (FA FF).</summary>
public sealed record ActivateCardReader : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0850;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 08 50.</summary>
    public static ZvtParse<ActivateCardReader> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ActivateCardReader { Fields = r.Bmps() });
}
