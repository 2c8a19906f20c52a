using System.Buffers;

namespace Grpc.Core.Internal;

/// <summary>A read-only stream over received bytes, for decompressors.</summary>
internal sealed class SequenceStream(ReadOnlySequence<byte> source) : ReadOnlyStream
{
    private ReadOnlySequence<byte> _rest = source;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, _rest.Length);
        _rest.Slice(0, count).CopyTo(buffer);
        _rest = _rest.Slice(count);
        return count;
    }
}
