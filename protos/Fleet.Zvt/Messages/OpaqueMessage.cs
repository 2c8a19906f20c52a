namespace Fleet.Zvt;

/// <summary>A command whose data block is not read: not known, or a vendor's own. Passed on as it is.</summary>
/// <param name="Apdu">The command.</param>
public sealed record OpaqueMessage(Apdu Apdu) : ZvtMessage
{
    /// <inheritdoc/>
    public override int Code => Apdu.Code;

    /// <inheritdoc/>
    public override Apdu ToApdu() => Apdu;
}

/// <summary>A response: 80 00, 84 00 or 84 xx, with data that depends on the command it answers.</summary>
/// <param name="Apdu">The response.</param>
public sealed record ResponseMessage(Apdu Apdu) : ZvtMessage
{
    /// <inheritdoc/>
    public override int Code => Apdu.Code;

    /// <inheritdoc/>
    public override Apdu ToApdu() => Apdu;
}
