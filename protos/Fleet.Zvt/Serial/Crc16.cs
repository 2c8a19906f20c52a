namespace Fleet.Zvt;

/// <summary>
/// CRC of the serial frame: 16 bit, reflected constant 8408, start 0000, no final XOR (CRC-16/KERMIT), over the APDU bytes and one ETX
/// (reference section 2.3).
/// </summary>
public static class Crc16
{
    private static readonly ushort[] Table = BuildTable();

    /// <summary>CRC over <paramref name="bytes"/> alone, without the ETX of a frame.</summary>
    public static ushort Compute(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0;
        foreach (var b in bytes)
        {
            crc = Add(crc, b);
        }

        return crc;
    }

    /// <summary>CRC of a frame: <paramref name="apdu"/> (undoubled) followed by ETX.</summary>
    public static ushort OfFrame(ReadOnlySpan<byte> apdu) => Add(Compute(apdu), SerialControl.Etx);

    private static ushort Add(ushort crc, byte b) => (ushort)((crc >> 8) ^ Table[(crc ^ b) & 0xFF]);

    private static ushort[] BuildTable()
    {
        var table = new ushort[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x8408 : crc >> 1;
            }

            table[i] = (ushort)crc;
        }

        return table;
    }
}
