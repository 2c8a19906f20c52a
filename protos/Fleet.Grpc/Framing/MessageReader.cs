using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Net.Compression;

namespace Grpc.Core.Internal;

/// <summary>
/// Takes messages out of their envelopes, many from one read of the pipe. Read by one loop.
/// Whatever the peer sends ends in a message, the end, or an <see cref="RpcException"/>.
/// </summary>
internal sealed class MessageReader : IDisposable
{
    [ThreadStatic]
    private static MessageReader? _spare;

    private PipeReader _pipe;
    private int? _maxSize;
    private ReadOnlySequence<byte> _buffer;

    // The first run of bytes of _buffer and how much of it was taken; _buffer itself is cut only where a run ends.
    private ReadOnlyMemory<byte> _run;
    private int _taken;

    private bool _holdsBuffer;
    private bool _ended;
    private bool _wholeTaken;
    private PooledBuffer? _unpacked;

    public MessageReader(PipeReader pipe, int? maxSize)
    {
        _pipe = pipe;
        _maxSize = maxSize;
    }

    /// <summary>Unpacks compressed messages; null = the peer named no encoding.</summary>
    public ICompressionProvider? Compression { get; set; }

    /// <summary>The encoding the peer named if it is not known: a message that uses it is refused with this text.</summary>
    public string? UnknownEncoding { get; set; }

    /// <summary>The peer named the encoding that is none.</summary>
    public bool NamesIdentity { get; set; }

    /// <summary>False: the whole body is one message without an envelope.</summary>
    public bool Enveloped { get; set; } = true;

    /// <summary>The message of the last <see cref="MoveNextAsync"/>; valid until the next.</summary>
    public ReadOnlySequence<byte> Payload { get; private set; }

    /// <summary>What the pipe failed with; null as long as it works.</summary>
    public IOException? Breakage { get; private set; }

    /// <summary>The reader of this thread, for a body of one message; <see cref="Return"/> it if that went well.</summary>
    public static MessageReader Rent(PipeReader pipe, int? maxSize)
    {
        var reader = _spare ?? new MessageReader(pipe, maxSize);
        _spare = null;
        reader._pipe = pipe;
        reader._maxSize = maxSize;
        return reader;
    }

    /// <summary>Ends a rented reader and gives it back.</summary>
    /// <returns>The pipe it read.</returns>
    public PipeReader Return()
    {
        Dispose();
        var pipe = _pipe;
        _pipe = null!;
        (_run, _taken, _ended, _wholeTaken) = (default, 0, false, false);
        (Compression, UnknownEncoding, NamesIdentity, Enveloped) = (null, null, false, true);
        _spare = this;
        return pipe;
    }

    /// <summary>Goes to the next message; false at the end of the body. Failures are told by the result, even those found at once.</summary>
    /// <exception cref="RpcException">Internal: half a message, an unknown flag, damaged compression; ResourceExhausted: too large; Unimplemented: unknown encoding.</exception>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!TryTake())
            {
                if (_holdsBuffer && _ended)
                {
                    return new ValueTask<bool>(EndOfBody());
                }

                GiveBack();
                var read = _pipe.ReadAsync(cancellationToken);
                if (!read.IsCompletedSuccessfully)
                {
                    return ReadMoreAsync(read, cancellationToken);
                }

                Receive(read.GetAwaiter().GetResult());
            }

            return new ValueTask<bool>(true);
        }
        catch (Exception e)
        {
            Breakage ??= e as IOException;
            return ValueTask.FromException<bool>(e);
        }
    }

    /// <summary>True if the body has ended and nothing is left of it. Never waits.</summary>
    public bool IsAtEnd => _holdsBuffer && _ended && _taken == _buffer.Length;

    /// <summary>Gives the received bytes back to the pipe without reading on.</summary>
    public void Dispose()
    {
        Payload = default;
        GiveBack();
        _buffer = default;
        _unpacked?.Dispose();
        _unpacked = null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadMoreAsync(ValueTask<ReadResult> read, CancellationToken cancellationToken)
    {
        try
        {
            Receive(await read);
            while (!TryTake())
            {
                if (_ended)
                {
                    return EndOfBody();
                }

                GiveBack();
                Receive(await _pipe.ReadAsync(cancellationToken));
            }

            return true;
        }
        catch (IOException e)
        {
            Breakage = e;
            throw;
        }
    }

    private bool EndOfBody() => IsAtEnd ? false : throw Malformed("Incomplete message.");

    private void Receive(in ReadResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The read was cancelled.");
        }

        Hold(result.Buffer);
        _ended = result.IsCompleted;
    }

    private bool TryTake()
    {
        if (!_holdsBuffer)
        {
            return false;
        }

        return Enveloped ? TryTakeEnvelope() : TryTakeWhole();
    }

    private bool TryTakeEnvelope()
    {
        var rest = _run.Span[_taken..];
        if (rest.Length >= Envelope.Size)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest[1..]);
            if (length <= rest.Length - Envelope.Size)
            {
                Check(rest[0], length);
                Take(rest[0], new ReadOnlySequence<byte>(_run.Slice(_taken + Envelope.Size, (int)length)));
                _taken += Envelope.Size + (int)length;
                return true;
            }
        }

        // Most often all that was received is taken.
        return !(rest.IsEmpty && _buffer.IsSingleSegment) && TryTakeAcrossRuns();
    }

    private bool TryTakeAcrossRuns()
    {
        Hold(_buffer.Slice(_taken));
        if (!Envelope.TryRead(_buffer, out var flags, out var length))
        {
            return false;
        }

        Check(flags, length);
        if (_buffer.Length < Envelope.Size + length)
        {
            return false;
        }

        var packed = _buffer.Slice(Envelope.Size, length);
        Hold(_buffer.Slice(packed.End));
        Take(flags, packed);
        return true;
    }

    private void Check(byte flags, uint length)
    {
        if ((flags & ~Envelope.Compressed) != 0)
        {
            throw Malformed($"The envelope of a message has unknown flags 0x{flags:x2}.");
        }

        ThrowIfTooLarge(length);
    }

    private void Take(byte flags, in ReadOnlySequence<byte> packed)
    {
        Payload = (flags & Envelope.Compressed) == 0 ? packed : Unpack(packed);
    }

    private void Hold(in ReadOnlySequence<byte> buffer)
    {
        _buffer = buffer;
        _run = buffer.First;
        _taken = 0;
        _holdsBuffer = true;
    }

    private void GiveBack()
    {
        if (_holdsBuffer)
        {
            _holdsBuffer = false;
            _pipe.AdvanceTo(_buffer.GetPosition(_taken), _buffer.End);
        }
    }

    private bool TryTakeWhole()
    {
        ThrowIfTooLarge(_buffer.Length);
        if (!_ended || _wholeTaken)
        {
            return false;
        }

        _wholeTaken = true;
        var packed = _buffer;
        Hold(_buffer.Slice(_buffer.End));
        Payload = Compression is null ? packed : Unpack(packed);
        return true;
    }

    private ReadOnlySequence<byte> Unpack(in ReadOnlySequence<byte> packed)
    {
        if (Compression is null)
        {
            throw UnknownEncoding is not null ? Unknown(UnknownEncoding) : Malformed(NamesIdentity
                ? "Request sent 'identity' grpc-encoding value with compressed message."
                : "Request did not include grpc-encoding value with compressed message.");
        }

        var unpacked = _unpacked ??= new PooledBuffer();
        unpacked.Clear();
        try
        {
            using var stream = Compression.CreateDecompressionStream(new SequenceStream(packed));
            int read;
            while ((read = stream.Read(unpacked.GetSpan(1024))) > 0)
            {
                unpacked.Advance(read);
                ThrowIfTooLarge(unpacked.Count);
            }
        }
        catch (InvalidDataException e)
        {
            throw Malformed($"A compressed message is damaged ({Compression.EncodingName}): {e.Message}");
        }

        return new ReadOnlySequence<byte>(unpacked.WrittenMemory);
    }

    private void ThrowIfTooLarge(long length)
    {
        if (length > (_maxSize ?? Array.MaxLength))
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));
        }
    }

    /// <summary>The refusal of an encoding.</summary>
    public static RpcException Unknown(string what) => new(new Status(StatusCode.Unimplemented, what));

    private static RpcException Malformed(string what) => new(new Status(StatusCode.Internal, what));
}
