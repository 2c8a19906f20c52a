using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts one message: either <see cref="Complete(byte[])"/>, or length, buffer writer, <see cref="Complete()"/>.</summary>
public abstract class SerializationContext
{
    /// <summary>Ends with the whole message.</summary>
    public virtual void Complete(byte[] payload) => throw NotSupported();

    /// <summary>Writer into the buffers of the call.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw NotSupported();

    /// <summary>Tells the exact length in bytes before writing, so that nothing is copied.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw NotSupported();

    /// <summary>Ends after everything was written to the buffer writer.</summary>
    public virtual void Complete() => throw NotSupported();

    private static NotSupportedException NotSupported() => new("This serialization context takes no such data.");
}
