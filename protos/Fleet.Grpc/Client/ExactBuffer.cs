using System.Buffers;

namespace Grpc.Net.Client.Internal;

/// <summary>Takes one framed message into an array of its exact size.</summary>
internal sealed class ExactBuffer : IBufferWriter<byte>
{
    private byte[] _array = [];

    public ReadOnlyMemory<byte> Written => _array.AsMemory(0, Count);

    public byte[] Array => _array;

    public int Count { get; private set; }

    public void Advance(int count) => Count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _array.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private void EnsureRoom(int sizeHint)
    {
        if (_array.Length - Count < Math.Max(sizeHint, 1))
        {
            System.Array.Resize(ref _array, Count + Math.Max(sizeHint, 1));
        }
    }
}
