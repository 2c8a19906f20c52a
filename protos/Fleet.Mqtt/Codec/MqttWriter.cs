using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fleet.Mqtt.Codec;

/// <summary>Writes the data types of MQTT 5.0, section 1.5. A text or array too long for its two length bytes is the caller's error.</summary>
internal static class MqttWriter
{
    public static void WriteByte(this IBufferWriter<byte> writer, byte value)
    {
        writer.GetSpan(1)[0] = value;
        writer.Advance(1);
    }

    public static void WriteUInt16(this IBufferWriter<byte> writer, ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(writer.GetSpan(2), value);
        writer.Advance(2);
    }

    public static void WriteUInt32(this IBufferWriter<byte> writer, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(writer.GetSpan(4), value);
        writer.Advance(4);
    }

    public static void WriteVariable(this IBufferWriter<byte> writer, uint value) =>
        writer.Advance(PutVariable(writer.GetSpan(4), value));

    public static void WriteBinary(this IBufferWriter<byte> writer, ReadOnlySpan<byte> value)
    {
        writer.WriteUInt16(Length(value.Length));
        writer.Write(value);
    }

    public static void WriteString(this IBufferWriter<byte> writer, string value)
    {
        if (!MqttText.IsValid(value))
        {
            throw new ArgumentException("Text that MQTT does not allow (1.5.4).", nameof(value));
        }

        var length = Length(Encoding.UTF8.GetByteCount(value));
        writer.WriteUInt16(length);
        Encoding.UTF8.GetBytes(value, writer.GetSpan(length));
        writer.Advance(length);
    }

    /// <summary>Bytes that <paramref name="value"/> takes as Variable Byte Integer.</summary>
    public static int VariableLength(uint value) => value switch
    {
        < 128 => 1,
        < 16_384 => 2,
        < 2_097_152 => 3,
        <= MqttFrame.MaximumRemainingLength => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Larger than a Variable Byte Integer (1.5.5)."),
    };

    public static int PutVariable(Span<byte> target, uint value)
    {
        var length = VariableLength(value);
        for (var i = 0; i < length - 1; i++)
        {
            target[i] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[length - 1] = (byte)value;
        return length;
    }

    private static ushort Length(int length) =>
        length <= ushort.MaxValue ? (ushort)length : throw new ArgumentException($"{length} bytes; 65535 fit into one field (1.5.4, 1.5.6).", nameof(length));
}
