using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>One received message for a deserializer; used again for the next.</summary>
internal sealed class PayloadContext : DeserializationContext
{
    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => checked((int)_payload.Length);

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    public T Read<T>(Marshaller<T> marshaller, in ReadOnlySequence<byte> payload)
    {
        _payload = payload;
        var message = marshaller.ContextualDeserializer(this);
        _payload = default;
        return message;
    }
}
