namespace Fleet.Zvt;

/// <summary>Settings of a link.</summary>
public sealed record ZvtLinkOptions
{
    /// <summary>Timers in force.</summary>
    public ZvtTimers Timers { get; init; } = ZvtTimers.Default;

    /// <summary>Bound for the data block of a received APDU in bytes; TLV 1A negotiates it.</summary>
    public int MaxDataLength { get; init; } = Apdu.MaxDataLength;

    /// <summary>Frames a serial link keeps for a slow reader. A frame beyond it is answered NAK: the peer repeats it, nothing is lost silently.</summary>
    public int ReceiveQueue { get; init; } = 16;

    /// <summary>Sees everything on the wire, card data included; null for nobody.</summary>
    public IZvtTrace? Trace { get; init; }
}
