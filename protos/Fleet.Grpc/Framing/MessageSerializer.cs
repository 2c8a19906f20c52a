using System.Buffers;
using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.Core.Internal;

/// <summary>
/// Puts messages with their envelopes into a buffer. The buffer sees a message only when it is complete,
/// so that a serializer that fails half-way leaves nothing behind. Used by one writer at a time.
/// </summary>
internal sealed class MessageSerializer : SerializationContext, IBufferWriter<byte>
{
    private const int Unknown = -1;

    [ThreadStatic]
    private static MessageSerializer? _spare;

    private IBufferWriter<byte> _target;
    private int? _maxSize;
    private bool _isEnveloped = true;

    private Memory<byte> _window;
    private int _declared = Unknown;
    private int _written;
    private PooledBuffer? _scratch;
    private bool _complete;

    public MessageSerializer(IBufferWriter<byte> target, int? maxSize)
    {
        _target = target;
        _maxSize = maxSize;
    }

    /// <summary>Compresses messages that are written with <c>compress</c>; null = no message is compressed.</summary>
    public ICompressionProvider? Compression { get; set; }

    public CompressionLevel? Level { get; set; }

    private int Prefix => _isEnveloped ? Envelope.Size : 0;

    private bool Compressing { get; set; }

    /// <summary>The serializer of this thread, for one message; <see cref="Return"/> it if that went well.</summary>
    public static MessageSerializer Rent(IBufferWriter<byte> target, int? maxSize, bool enveloped = true)
    {
        // A marshaller that sends another message meanwhile gets a serializer of its own.
        var serializer = _spare ?? new MessageSerializer(target, maxSize);
        _spare = null;
        serializer._target = target;
        serializer._maxSize = maxSize;
        serializer._isEnveloped = enveloped;
        return serializer;
    }

    /// <summary>Gives a rented serializer back.</summary>
    public void Return()
    {
        Release();
        _target = null!;
        _window = default;
        Compression = null;
        Level = null;
        _spare = this;
    }

    /// <summary>Appends one message.</summary>
    /// <exception cref="RpcException">The message is larger than allowed (ResourceExhausted).</exception>
    public void Write<T>(T message, Action<T, SerializationContext> serializer, bool compress = true)
    {
        ArgumentNullException.ThrowIfNull(message);
        _declared = Unknown;
        _written = 0;
        _complete = false;
        _scratch?.Clear();
        Compressing = compress && Compression is not null;
        serializer(message, this);
        if (!_complete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        ThrowIfTooLarge(payloadLength);
        _declared = payloadLength;
        if (!Compressing)
        {
            _window = _target.GetMemory(Prefix + payloadLength);
        }
    }

    public override IBufferWriter<byte> GetBufferWriter() =>
        _declared != Unknown && !Compressing ? this : _scratch ??= new PooledBuffer();

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Emit(payload);
        _complete = true;
    }

    public override void Complete()
    {
        if (_declared == Unknown || Compressing)
        {
            Emit(_scratch is null ? ReadOnlyMemory<byte>.Empty : _scratch.WrittenMemory);
        }
        else
        {
            CommitWindow();
        }

        _complete = true;
    }

    void IBufferWriter<byte>.Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_declared - _written), nameof(count));
        _written += count;
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => Rest(sizeHint);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => Rest(sizeHint).Span;

    public void Release() => _scratch?.Dispose();

    private Memory<byte> Rest(int sizeHint)
    {
        var rest = _window[(Prefix + _written)..];
        return sizeHint <= rest.Length
            ? rest
            : throw new InvalidOperationException($"The serializer declared {_declared} bytes and asks for more.");
    }

    private void CommitWindow()
    {
        if (_written != _declared)
        {
            throw new InvalidOperationException($"The serializer declared {_declared} bytes and wrote {_written}.");
        }

        if (_isEnveloped)
        {
            Envelope.Write(_window.Span, 0, _declared);
        }

        _target.Advance(Prefix + _declared);
    }

    private void Emit(ReadOnlyMemory<byte> payload)
    {
        ThrowIfTooLarge(payload.Length);
        if (!Compressing)
        {
            Append(0, payload.Span);
            return;
        }

        using var packed = new PooledBuffer();
        using (var stream = Compression!.CreateCompressionStream(new BufferStream(packed), Level))
        {
            stream.Write(payload.Span);
        }

        Append(Envelope.Compressed, packed.Written);
    }

    private void Append(byte flags, ReadOnlySpan<byte> payload)
    {
        var span = _target.GetSpan(Prefix + payload.Length);
        if (_isEnveloped)
        {
            Envelope.Write(span, flags, payload.Length);
        }

        payload.CopyTo(span[Prefix..]);
        _target.Advance(Prefix + payload.Length);
    }

    private void ThrowIfTooLarge(int length)
    {
        if (length > _maxSize)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }
}
