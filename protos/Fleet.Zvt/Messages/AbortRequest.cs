namespace Fleet.Zvt;

/// <summary>06 B0: the ECR asks the PT to stop. A request only: a running dialogue still ends by 06 0F or 06 1E (section 14.4).</summary>
public sealed record AbortRequest : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x06B0;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Reads 06 B0.</summary>
    public static ZvtParse<AbortRequest> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new AbortRequest { Fields = r.Bmps() });
}
