using System.Buffers.Text;

namespace Grpc.Core.Internal;

/// <summary>Reads base64 text as bytes. Groups of four stand for themselves, so padding may come before the end (gRPC-Web text).</summary>
internal sealed class Base64DecodingStream(Stream source) : DecodingStream(source)
{
    private const int Group = 4;

    private readonly byte[] _text = new byte[4096];
    private readonly byte[] _bytes = new byte[4096];
    private int _textCount;
    private int _bytesStart;
    private int _bytesEnd;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_bytesStart == _bytesEnd)
        {
            if (_ended)
            {
                return _textCount == 0 ? 0 : throw Malformed("The base64 text ends within a group of four.");
            }

            var read = await Source.ReadAsync(_text.AsMemory(_textCount), cancellationToken);
            _ended = read == 0;
            _textCount += read;
            DecodeGroups();
        }

        var count = Math.Min(buffer.Length, _bytesEnd - _bytesStart);
        _bytes.AsMemory(_bytesStart, count).CopyTo(buffer);
        _bytesStart += count;
        return count;
    }

    private static RpcException Malformed(string what) => new(new Status(StatusCode.Internal, what));

    private void DecodeGroups()
    {
        var whole = _textCount / Group * Group;
        var start = 0;
        _bytesStart = 0;
        _bytesEnd = 0;
        while (start < whole)
        {
            // A run ends with its padding; what follows is the next run.
            var padding = _text.AsSpan(start, whole - start).IndexOf((byte)'=');
            var length = padding < 0 ? whole - start : (padding / Group + 1) * Group;
            var status = Base64.DecodeFromUtf8(_text.AsSpan(start, length), _bytes.AsSpan(_bytesEnd), out _, out var written);
            if (status != System.Buffers.OperationStatus.Done)
            {
                throw Malformed("The body is not base64.");
            }

            _bytesEnd += written;
            start += length;
        }

        _text.AsSpan(whole, _textCount - whole).CopyTo(_text);
        _textCount -= whole;
    }
}
