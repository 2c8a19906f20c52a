using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Web;

/// <summary>The messages of a gRPC-Web body; its last envelope holds the trailers, which go to the response instead.</summary>
internal sealed class TrailersInBodyStream(Stream source, HttpResponseHeaders trailers) : DecodingStream(source)
{
    private const int MostTrailerBytes = 64 * 1024;

    private readonly byte[] _envelope = new byte[Envelope.Size];
    private int _envelopeLeft;
    private long _payloadLeft;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty && !_ended)
        {
            if (_envelopeLeft > 0)
            {
                var copied = Math.Min(_envelopeLeft, buffer.Length);
                _envelope.AsMemory(Envelope.Size - _envelopeLeft, copied).CopyTo(buffer);
                _envelopeLeft -= copied;
                return copied;
            }

            if (_payloadLeft > 0)
            {
                var read = await Source.ReadAsync(buffer[..(int)Math.Min(_payloadLeft, buffer.Length)], cancellationToken);
                _payloadLeft -= read;
                _ended = read == 0;
                return read;
            }

            await NextEnvelopeAsync(cancellationToken);
        }

        return 0;
    }

    private async Task NextEnvelopeAsync(CancellationToken cancellationToken)
    {
        var read = await Source.ReadAtLeastAsync(_envelope, Envelope.Size, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            _ended = true;
            return;
        }

        if (read < Envelope.Size)
        {
            throw new IOException("The body ends within an envelope.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(_envelope.AsSpan(1));
        if ((_envelope[0] & Envelope.Trailers) == 0)
        {
            _envelopeLeft = Envelope.Size;
            _payloadLeft = length;
            return;
        }

        if (length > MostTrailerBytes)
        {
            throw new IOException($"The trailers have {length} bytes, allowed are {MostTrailerBytes}.");
        }

        var block = new byte[length];
        await Source.ReadExactlyAsync(block, cancellationToken);
        ReadTrailers(Encoding.ASCII.GetString(block));
        _ended = true;
    }

    private void ReadTrailers(string block)
    {
        foreach (var line in block.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                throw new IOException($"A line of the trailers has no name: '{line}'.");
            }

            trailers.TryAddWithoutValidation(line[..colon], line[(colon + 1)..].Trim());
        }
    }
}
