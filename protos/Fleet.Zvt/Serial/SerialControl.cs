namespace Fleet.Zvt;

/// <summary>Control bytes of the serial line (reference section 2.2).</summary>
public static class SerialControl
{
    /// <summary>Start of text, after DLE.</summary>
    public const byte Stx = 0x02;

    /// <summary>End of text, after DLE.</summary>
    public const byte Etx = 0x03;

    /// <summary>Frame and CRC good.</summary>
    public const byte Ack = 0x06;

    /// <summary>Data link escape; doubled inside the APDU.</summary>
    public const byte Dle = 0x10;

    /// <summary>Frame or CRC bad.</summary>
    public const byte Nak = 0x15;
}
