using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>One received message for a deserializer; each thread has one for all its messages.</summary>
internal sealed class PayloadContext : DeserializationContext
{
    [ThreadStatic]
    private static PayloadContext? _spare;

    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => checked((int)_payload.Length);

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>The message in <paramref name="payload"/>.</summary>
    public static T Read<T>(Marshaller<T> marshaller, in ReadOnlySequence<byte> payload)
    {
        // A deserializer that reads another message meanwhile gets a context of its own.
        var context = _spare ?? new PayloadContext();
        _spare = null;
        context._payload = payload;
        var message = marshaller.ContextualDeserializer(context);
        context._payload = default;
        _spare = context;
        return message;
    }
}
