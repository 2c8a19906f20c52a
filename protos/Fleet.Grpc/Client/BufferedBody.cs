using System.Buffers;
using System.IO.Pipelines;

namespace Grpc.Net.Client.Internal;

/// <summary>
/// A response body read into one rented array: messages lie in it in one piece, and a small response costs one small array.
/// Read by one loop, which gives back what it holds before it reads on.
/// </summary>
internal sealed class BufferedBody : PipeReader
{
    [ThreadStatic]
    private static BufferedBody? _spare;

    private Stream _stream;
    private int _size;
    private byte[]? _array;
    private int _start;
    private int _end;
    private int _examined;
    private bool _isEnded;

    public BufferedBody(Stream stream, int size)
    {
        _stream = stream;
        _size = size;
    }

    /// <summary>The body reader of this thread, for a body of one message; <see cref="Return"/> it if that went well.</summary>
    public static BufferedBody Rent(Stream stream, int size)
    {
        var body = _spare ?? new BufferedBody(stream, size);
        _spare = null;
        (body._stream, body._size) = (stream, size);
        return body;
    }

    /// <summary>Gives a rented one back.</summary>
    public void Return()
    {
        Complete();
        _stream = null!;
        (_start, _end, _examined, _isEnded) = (0, 0, 0, false);
        _spare = this;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_isEnded || _examined < _end)
        {
            return new ValueTask<ReadResult>(Held());
        }

        MakeRoom();
        var read = _stream.ReadAsync(_array.AsMemory(_end), cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<ReadResult>(Take(read.GetAwaiter().GetResult())) : LaterAsync(read);
    }

    public override bool TryRead(out ReadResult result)
    {
        result = _isEnded || _examined < _end ? Held() : default;
        return _isEnded || _examined < _end;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        (_start, _examined) = (Offset(consumed), Offset(examined));
        if (_start == _end && _array is not null)
        {
            (_start, _end, _examined) = (0, 0, 0);
            if (_isEnded)
            {
                Complete();
            }
        }
    }

    public override void CancelPendingRead() => throw new NotSupportedException("A response is cancelled with its call.");

    public override void Complete(Exception? exception = null)
    {
        if (_array is { } array)
        {
            _array = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    // Positions of a sequence over one array are offsets into it; the end has a mark in the highest bit.
    private static int Offset(SequencePosition position) => position.GetInteger() & int.MaxValue;

    private ReadResult Held() => new(
        _array is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_array, _start, _end - _start), isCanceled: false, _isEnded);

    private ReadResult Take(int read)
    {
        _isEnded = read == 0;
        _end += read;
        return Held();
    }

    private async ValueTask<ReadResult> LaterAsync(ValueTask<int> read) => Take(await read);

    private void MakeRoom()
    {
        _array ??= ArrayPool<byte>.Shared.Rent(_size);
        if (_array.Length - _end > _array.Length / 8)
        {
            return;
        }

        var held = _end - _start;
        var old = _array;

        // Full of one message that is not whole yet: twice the room, else what is held moves to the front.
        _array = _start > _array.Length / 2 ? old : ArrayPool<byte>.Shared.Rent(checked(old.Length * 2));
        old.AsSpan(_start, held).CopyTo(_array);
        if (_array != old)
        {
            ArrayPool<byte>.Shared.Return(old);
        }

        (_start, _end, _examined) = (0, held, held);
    }
}
