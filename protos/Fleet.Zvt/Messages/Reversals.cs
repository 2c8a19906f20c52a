namespace Fleet.Zvt;

/// <summary>06 30: voids the payment with this receipt number (on most terminals before end-of-day only).</summary>
public sealed record Reversal : PasswordPaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0630;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 30.</summary>
    public static ZvtParse<Reversal> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Reversal { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>06 31: pays an amount back.</summary>
public sealed record Refund : PasswordPaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0631;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 31.</summary>
    public static ZvtParse<Refund> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new Refund { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>06 21: a sale that was approved by telephone.</summary>
public sealed record TelephonicAuthorisation : PasswordPaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0621;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 21.</summary>
    public static ZvtParse<TelephonicAuthorisation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new TelephonicAuthorisation { Password = r.Password(), Fields = r.Bmps() });
}
