using System.Buffers;

namespace Fleet.Zvt;

/// <summary>TLV tags: one byte, or more when the low five bits of the first are all ones (reference section 8).</summary>
public static class TlvTag
{
    /// <summary>Bit 6 of the first byte.</summary>
    public static bool IsConstructed(int tag) => (FirstByte(tag) & 0x20) != 0;

    internal static int LengthOf(int tag) => tag > 0xFFFF ? 3 : tag > 0xFF ? 2 : 1;

    internal static ZvtError? Read(ReadOnlySpan<byte> data, int offset, out int tag, out int length)
    {
        tag = data[0];
        length = 1;
        if ((tag & 0x1F) != 0x1F)
        {
            return null;
        }

        do
        {
            if (length >= data.Length)
            {
                return new ZvtError(ZvtFault.BadTlv, offset, "TLV tag", "ends inside a tag of several bytes");
            }

            tag = (tag << 8) | data[length++];
        }
        while (length == 2 && (tag & 0x80) != 0);
        return null;
    }

    internal static void Write(int tag, IBufferWriter<byte> output)
    {
        for (var i = LengthOf(tag) - 1; i >= 0; i--)
        {
            output.Write([(byte)(tag >> (8 * i))]);
        }
    }

    private static int FirstByte(int tag) => tag >> (8 * (LengthOf(tag) - 1));
}
