using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>The buffer of the batch that fills: a serializer keeps its target, the buffer behind it changes with each batch.</summary>
internal sealed class SwappedBuffer : IBufferWriter<byte>
{
    public PooledBuffer Buffer { get; set; } = new();

    public int Count => Buffer.Count;

    public void Advance(int count) => Buffer.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => Buffer.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => Buffer.GetSpan(sizeHint);
}
