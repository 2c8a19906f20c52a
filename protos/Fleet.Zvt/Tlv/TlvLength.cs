using System.Buffers;

namespace Fleet.Zvt;

/// <summary>TLV lengths: 00-7F direct, 81 nn, 82 hh ll; 80 is invalid (reference section 8).</summary>
internal static class TlvLength
{
    public static ZvtError? Read(ReadOnlySpan<byte> data, int offset, string field, out int header, out int length)
    {
        header = 0;
        length = 0;
        if (data.IsEmpty)
        {
            return new ZvtError(ZvtFault.Truncated, offset, field, "ends before its length");
        }

        var first = data[0];
        if (first < 0x80)
        {
            header = 1;
            length = first;
            return null;
        }

        var bytes = first & 0x7F;
        if (bytes is not (1 or 2))
        {
            return new ZvtError(ZvtFault.BadTlv, offset, field, $"length byte {first:X2} is not allowed");
        }

        if (data.Length < 1 + bytes)
        {
            return new ZvtError(ZvtFault.Truncated, offset, field, "ends inside its length");
        }

        header = 1 + bytes;
        length = bytes == 1 ? data[1] : (data[1] << 8) | data[2];
        return null;
    }

    public static void Write(int length, IBufferWriter<byte> output)
    {
        switch (length)
        {
            case < 0x80:
                output.Write([(byte)length]);
                break;
            case < 0x100:
                output.Write<byte>([0x81, (byte)length]);
                break;
            default:
                output.Write<byte>([0x82, (byte)(length >> 8), (byte)length]);
                break;
        }
    }
}
