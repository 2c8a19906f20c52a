namespace Fleet.Zvt;

/// <summary>Writes serial frames: DLE STX, APDU with every DLE doubled, DLE ETX, CRC low, CRC high. The CRC is never doubled (reference section 2.2).</summary>
public static class SerialFrame
{
    /// <summary>Bytes a frame adds to its APDU when nothing needs doubling.</summary>
    public const int Overhead = 6;

    /// <summary>The frame of <paramref name="apdu"/>.</summary>
    public static byte[] Encode(Apdu apdu) => Encode(apdu.ToArray());

    /// <summary>The frame around <paramref name="apdu"/>, which is taken as it is, well formed or not.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> apdu)
    {
        var frame = new byte[apdu.Length + apdu.Count(SerialControl.Dle) + Overhead];
        frame[0] = SerialControl.Dle;
        frame[1] = SerialControl.Stx;
        var at = 2;
        foreach (var b in apdu)
        {
            frame[at++] = b;
            if (b == SerialControl.Dle)
            {
                frame[at++] = b;
            }
        }

        var crc = Crc16.OfFrame(apdu);
        frame[at++] = SerialControl.Dle;
        frame[at++] = SerialControl.Etx;
        frame[at++] = (byte)crc;
        frame[at] = (byte)(crc >> 8);
        return frame;
    }
}
