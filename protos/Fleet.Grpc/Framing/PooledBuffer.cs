using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>A growing run of bytes in a rented array. Owned by one loop at a time.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int Smallest = 4096;

    // A buffer that grew for one large message is not kept for the small ones that follow.
    private const int LargestKept = 256 * 1024;

    private byte[] _array = [];

    public int Count { get; private set; }

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, Count);

    public Span<byte> Written => _array.AsSpan(0, Count);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_array.Length - Count), nameof(count));
        Count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _array.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _array.AsSpan(Count);
    }

    /// <summary>Takes back everything after the first <paramref name="count"/> bytes.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        Count = count;
    }

    public void Clear()
    {
        Count = 0;
        if (_array.Length > LargestKept)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        Count = 0;
        var array = _array;
        _array = [];
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void EnsureRoom(int sizeHint)
    {
        var needed = checked(Count + Math.Max(sizeHint, 1));
        if (needed <= _array.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(needed, Smallest), (int)Math.Min(_array.Length * 2L, Array.MaxLength)));
        _array.AsSpan(0, Count).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
