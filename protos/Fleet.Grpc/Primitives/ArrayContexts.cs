using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>Collects one serialized message as an array.</summary>
internal sealed class ArraySerializationContext : SerializationContext
{
    private ArrayBufferWriter<byte>? _writer;
    private byte[]? _payload;
    private int _length;

    public byte[] Payload => _payload ?? throw new InvalidOperationException("The serializer did not complete the message.");

    public override void SetPayloadLength(int payloadLength) => _length = payloadLength;

    public override IBufferWriter<byte> GetBufferWriter() => _writer ??= new ArrayBufferWriter<byte>(Math.Max(_length, 1));

    public override void Complete(byte[] payload) => _payload = payload;

    public override void Complete() => _payload = _writer is null ? [] : _writer.WrittenSpan.ToArray();
}

/// <summary>Hands out one message that is held in an array.</summary>
internal sealed class ArrayDeserializationContext(byte[] payload) : DeserializationContext
{
    public override int PayloadLength => payload.Length;

    public override byte[] PayloadAsNewBuffer() => [.. payload];

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(payload);
}
