using System.Buffers;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>One packet as it lies in the receive buffer: first byte and everything behind the Remaining Length.</summary>
public readonly struct MqttFrame(byte header, ReadOnlySequence<byte> body)
{
    /// <summary>Longest fixed header: type and flags, four bytes of Remaining Length.</summary>
    public const int MaximumHeaderLength = 5;

    /// <summary>Longest Remaining Length (2.1.4).</summary>
    public const int MaximumRemainingLength = 268_435_455;

    public byte Header => header;

    public ReadOnlySequence<byte> Body => body;

    public MqttPacketType Type => (MqttPacketType)(header >> 4);

    /// <summary>
    /// Takes one whole packet from the front of <paramref name="buffer"/>. False: more bytes are needed, nothing was taken.
    /// </summary>
    /// <param name="buffer">What has been received; moved behind the packet when one was taken.</param>
    /// <param name="maximumPacketSize">In bytes, fixed header included; refused as soon as the length is known.</param>
    /// <param name="frame">The packet; its memory is the buffer's.</param>
    /// <exception cref="MqttProtocolException">Remaining Length longer than four bytes or not minimal (0x81), or the packet is too large (0x95).</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maximumPacketSize, out MqttFrame frame)
    {
        frame = default;
        scoped var span = buffer.FirstSpan;
        if (span.Length < MaximumHeaderLength && !buffer.IsSingleSegment)
        {
            Span<byte> copy = stackalloc byte[MaximumHeaderLength];
            var length = (int)Math.Min(buffer.Length, MaximumHeaderLength);
            buffer.Slice(0, length).CopyTo(copy);
            span = copy[..length];
        }

        if (!TryReadRemainingLength(span, out var remaining, out var headerLength))
        {
            return false;
        }

        if (headerLength + (long)remaining > maximumPacketSize)
        {
            throw new MqttProtocolException(MqttReasonCode.PacketTooLarge, $"Packet of {headerLength + (long)remaining} bytes; {maximumPacketSize} are allowed [MQTT-3.1.2-24].");
        }

        if (buffer.Length < headerLength + remaining)
        {
            return false;
        }

        frame = new MqttFrame(span[0], buffer.Slice(headerLength, remaining));
        buffer = buffer.Slice(headerLength + remaining);
        return true;
    }

    private static bool TryReadRemainingLength(ReadOnlySpan<byte> span, out int value, out int headerLength)
    {
        value = 0;
        headerLength = 0;
        var shift = 0;
        for (var i = 1; i < span.Length; i++)
        {
            var b = span[i];
            value |= (b & 0x7F) << shift;
            if ((b & 0x80) == 0)
            {
                if (b == 0 && i > 1)
                {
                    throw MqttProtocolException.Malformed("Remaining Length is not encoded in the fewest bytes [MQTT-1.5.5-1].");
                }

                headerLength = i + 1;
                return true;
            }

            if (i == 4)
            {
                throw MqttProtocolException.Malformed("Remaining Length is longer than four bytes (1.5.5).");
            }

            shift += 7;
        }

        return false;
    }
}
