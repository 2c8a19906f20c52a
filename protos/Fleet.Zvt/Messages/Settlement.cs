namespace Fleet.Zvt;

/// <summary>06 50: settles the batch.</summary>
public sealed record EndOfDay : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0650;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 50.</summary>
    public static ZvtParse<EndOfDay> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new EndOfDay { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>06 10: totals without closing the batch (X report).</summary>
public sealed record SendTotals : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0610;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 10.</summary>
    public static ZvtParse<SendTotals> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SendTotals { Password = r.Password(), Fields = r.Bmps() });
}

/// <summary>06 51: sends offline transactions to the host.</summary>
public sealed record SendOfflineTransactions : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0651;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 51.</summary>
    public static ZvtParse<SendOfflineTransactions> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new SendOfflineTransactions { Password = r.Password(), Fields = r.Bmps() });
}
