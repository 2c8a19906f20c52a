using System.Buffers;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>Frames to packets.</summary>
public static class MqttFrameDecoding
{
    /// <summary>Parses the packet; a body that lies in several segments is brought together first.</summary>
    /// <exception cref="MqttProtocolException">The packet breaks a rule of the specification.</exception>
    public static MqttPacket Decode(this in MqttFrame frame, MqttVersion version, MqttDecodeLimits limits)
    {
        if (frame.Body.IsSingleSegment)
        {
            return MqttDecoder.Decode(frame.Header, frame.Body.FirstSpan, version, limits);
        }

        var length = (int)frame.Body.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame.Body.CopyTo(copy);
            return MqttDecoder.Decode(frame.Header, copy.AsSpan(0, length), version, limits);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
