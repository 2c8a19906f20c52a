using System.Buffers;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Tests.Support;

/// <summary>Packets to bytes and back, whole or in pieces.</summary>
internal static class Wire
{
    private const int Largest = 1024 * 1024;

    public static byte[] Encode(MqttPacket packet, MqttVersion version)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var length = MqttEncoder.Write(buffer, packet, version);
        Assert.That(length, Is.EqualTo(buffer.WrittenCount), "the told length");
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    /// <summary>Decodes exactly one packet.</summary>
    public static MqttPacket Decode(ReadOnlySequence<byte> bytes, MqttVersion version)
    {
        var buffer = bytes;
        if (!MqttFrame.TryRead(ref buffer, Largest, out var frame))
        {
            throw new EndOfStreamException("Not a whole packet.");
        }

        return frame.Decode(version, MqttDecodeLimits.Default);
    }

    public static MqttPacket Decode(byte[] bytes, MqttVersion version) => Decode(new ReadOnlySequence<byte>(bytes), version);

    public static MqttPacket Decode(string hex, MqttVersion version = MqttVersion.V5) => Decode(Hex(hex), version);

    /// <summary>The same bytes, each in a segment of its own.</summary>
    public static ReadOnlySequence<byte> InPieces(ReadOnlyMemory<byte> bytes, int size)
    {
        var first = new Piece(bytes[..Math.Min(size, bytes.Length)], 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
        {
            last = last.Append(bytes.Slice(at, Math.Min(size, bytes.Length - at)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
