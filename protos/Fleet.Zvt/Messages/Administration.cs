namespace Fleet.Zvt;

/// <summary>06 02: ends the registration. It is no lock: the PT can be used without the ECR afterwards (section 16.1).</summary>
public sealed record LogOff : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0602;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 02.</summary>
    public static ZvtParse<LogOff> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new LogOff { Fields = r.Bmps() });
}

/// <summary>06 18: reboots the terminal.</summary>
public sealed record ResetTerminal : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0618;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 18.</summary>
    public static ZvtParse<ResetTerminal> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ResetTerminal { Fields = r.Bmps() });
}

/// <summary>06 1A: prints the configuration.</summary>
public sealed record PrintSystemConfiguration : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x061A;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 1A.</summary>
    public static ZvtParse<PrintSystemConfiguration> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new PrintSystemConfiguration { Fields = r.Bmps() });
}

/// <summary>06 79: self test.</summary>
public sealed record SelfTest : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0679;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 79.</summary>
    public static ZvtParse<SelfTest> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SelfTest { Fields = r.Bmps() });
}

/// <summary>06 70: contacts the host.</summary>
public sealed record Diagnosis : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0670;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>TLV 1B: 01 line, 02 extended, 03 configuration, 04 EMV, 05 EP2; null for the default of the terminal.</summary>
    public byte? Type
    {
        get => Tlv?.Byte(TlvTags.DiagnosisType);
        init => Tlv = value is { } type ? (Tlv ?? TlvContainer.Empty).With(TlvTags.DiagnosisType, [type]) : Tlv?.With(TlvTags.DiagnosisType, null);
    }

    /// <summary>Reads 06 70.</summary>
    public static ZvtParse<Diagnosis> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Diagnosis { Fields = r.Bmps() });
}

/// <summary>06 93: initialises the terminal.</summary>
public sealed record Initialisation : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0693;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 93.</summary>
    public static ZvtParse<Initialisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Initialisation { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>06 1B: sets the terminal id, or erases it when there is none; only with an empty turnover store.</summary>
public sealed record SetTerminalId : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x061B;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Terminal id, 8 digits; null erases.</summary>
    public int? TerminalId
    {
        get => (int?)Fields.Number(Bmp.TerminalId);
        init => Fields = PutDigits(Bmp.TerminalId, value);
    }

    /// <summary>Reads 06 1B.</summary>
    public static ZvtParse<SetTerminalId> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SetTerminalId { Password = r.Password(), Fields = r.Bmps() });
}
