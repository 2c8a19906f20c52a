using System.Buffers;

namespace Grpc.Net.Client.Internal;

/// <summary>Takes one framed message into an array of its exact size.</summary>
internal sealed class ExactBuffer : IBufferWriter<byte>
{
    [ThreadStatic]
    private static ExactBuffer? _spare;

    private byte[] _array = [];
    private int _count;

    /// <summary>The buffer of this thread, for one message; <see cref="Detach"/> gives it back.</summary>
    public static ExactBuffer Rent()
    {
        // A marshaller that sends another message meanwhile gets a buffer of its own.
        var buffer = _spare ?? new ExactBuffer();
        _spare = null;
        return buffer;
    }

    /// <summary>The message; the buffer serves the next one.</summary>
    public ArraySegment<byte> Detach()
    {
        var written = new ArraySegment<byte>(_array, 0, _count);
        (_array, _count) = ([], 0);
        _spare = this;
        return written;
    }

    public void Advance(int count) => _count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(sizeHint);
        return _array.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private void EnsureRoom(int sizeHint)
    {
        if (_array.Length - _count < Math.Max(sizeHint, 1))
        {
            Array.Resize(ref _array, _count + Math.Max(sizeHint, 1));
        }
    }
}
