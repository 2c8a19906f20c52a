using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>Kinds of HTTP/2 frames (RFC 9113, section 6).</summary>
internal enum FrameType
{
    Data = 0,
    Headers = 1,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>A frame that the server sent.</summary>
internal sealed record Http2Frame(FrameType Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte EndStream = 0x1;
    public const byte EndHeaders = 0x4;

    public bool EndsStream => (Flags & EndStream) != 0 && Type is FrameType.Data or FrameType.Headers;
}

/// <summary>An HTTP/2 client that sends whatever it is told, frame by frame, polite or not.</summary>
internal sealed class Http2Peer : IAsyncDisposable
{
    private const int HeaderTableSize = 1;
    private const int InitialWindowSize = 4;

    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;
    private int _nextStream = 1;

    public static async Task<Http2Peer> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var peer = new Http2Peer();
        await peer._tcp.ConnectAsync(IPAddress.Loopback, address.Port, cancellationToken);
        peer._stream = peer._tcp.GetStream();
        await peer._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancellationToken);
        var settings = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(settings, HeaderTableSize);
        BinaryPrimitives.WriteUInt16BigEndian(settings.AsSpan(6), InitialWindowSize);
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(8), 1 << 24);
        await peer.SendAsync(FrameType.Settings, 0, 0, settings, cancellationToken);

        // Of the whole connection too: what a reset stream has used of it is never given back.
        var window = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(window, 1 << 28);
        await peer.SendAsync(FrameType.WindowUpdate, 0, 0, window, cancellationToken);
        return peer;
    }

    /// <summary>Opens a stream with the headers of a gRPC call and more.</summary>
    public async Task<int> OpenAsync(
        string path, CancellationToken cancellationToken, byte flags = Http2Frame.EndHeaders, params (string Name, string Value)[] more)
    {
        var stream = _nextStream;
        _nextStream += 2;
        List<(string, string)> headers =
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("te", "trailers"),
        ];
        if (!more.Any(static h => h.Name == "content-type"))
        {
            headers.Add(("content-type", "application/grpc"));
        }

        headers.AddRange(more);
        await SendAsync(FrameType.Headers, flags, stream, Literals(headers), cancellationToken);
        return stream;
    }

    public Task DataAsync(int stream, byte[] bytes, bool end, CancellationToken cancellationToken) =>
        SendAsync(FrameType.Data, end ? Http2Frame.EndStream : (byte)0, stream, bytes, cancellationToken);

    public Task ResetAsync(int stream, int code, CancellationToken cancellationToken)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, code);
        return SendAsync(FrameType.RstStream, 0, stream, payload, cancellationToken);
    }

    public async Task SendAsync(FrameType type, byte flags, int stream, byte[] payload, CancellationToken cancellationToken)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame, cancellationToken);
    }

    /// <summary>The next frame; null when the server closed the connection.</summary>
    public async Task<Http2Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        var head = new byte[9];
        try
        {
            await _stream.ReadExactlyAsync(head, cancellationToken);
            var payload = new byte[(head[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1))];
            await _stream.ReadExactlyAsync(payload, cancellationToken);
            var frame = new Http2Frame((FrameType)head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            if (frame.Type == FrameType.Settings && (frame.Flags & 1) == 0)
            {
                await SendAsync(FrameType.Settings, 1, 0, [], cancellationToken);
            }
            else if (frame.Type == FrameType.Data && payload.Length > 0)
            {
                // The connection's window (RFC 9113, section 6.9) is what all streams share: unreturned, one stream's data starves the next answer.
                var credit = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(credit, payload.Length);
                await SendAsync(FrameType.WindowUpdate, 0, 0, credit, cancellationToken);
            }

            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads until a stream ends; its headers and trailers together. A reset is told as <c>:reset</c>, the end of the connection as <c>:goaway</c>.</summary>
    public async Task<Dictionary<string, string>> OutcomeAsync(int stream, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await ReadAsync(cancellationToken) is { } frame)
        {
            if (frame.Type == FrameType.GoAway)
            {
                headers[":goaway"] = $"{BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(4))}";
            }

            if (frame.Stream != stream)
            {
                continue;
            }

            if (frame.Type == FrameType.Headers)
            {
                Hpack.Read(frame.Payload, headers);
            }
            else if (frame.Type == FrameType.RstStream)
            {
                headers[":reset"] = $"{BinaryPrimitives.ReadInt32BigEndian(frame.Payload)}";
                return headers;
            }

            if (frame.EndsStream)
            {
                return headers;
            }
        }

        headers.TryAdd(":goaway", "closed");
        return headers;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _tcp.Dispose();
    }

    private static byte[] Literals(IEnumerable<(string Name, string Value)> headers)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            Text(block, name);
            Text(block, value);
        }

        return block.ToArray();
    }

    private static void Text(MemoryStream block, string text)
    {
        Hpack.WriteInteger(block, text.Length);
        block.Write(Encoding.ASCII.GetBytes(text));
    }
}

/// <summary>As much of HPACK (RFC 7541) as a server sends that may neither index nor compress.</summary>
internal static class Hpack
{
    private static readonly string[] StaticNames =
    [
        "", ":authority", ":method", ":method", ":path", ":path", ":scheme", ":scheme", ":status", ":status", ":status", ":status", ":status",
        ":status", ":status", "accept-charset", "accept-encoding", "accept-language", "accept-ranges", "accept",
        "access-control-allow-origin", "age", "allow", "authorization", "cache-control", "content-disposition", "content-encoding",
        "content-language", "content-length", "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect",
        "expires", "from", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified",
        "link", "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer", "refresh", "retry-after",
        "server", "set-cookie", "strict-transport-security", "transfer-encoding", "user-agent", "vary", "via", "www-authenticate",
    ];

    private static readonly string[] Statuses = ["200", "204", "206", "304", "400", "404", "500"];

    public static void WriteInteger(MemoryStream block, int value)
    {
        if (value < 127)
        {
            block.WriteByte((byte)value);
            return;
        }

        block.WriteByte(127);
        for (value -= 127; value >= 128; value >>= 7)
        {
            block.WriteByte((byte)((value & 127) | 128));
        }

        block.WriteByte((byte)value);
    }

    public static void Read(byte[] block, Dictionary<string, string> headers)
    {
        for (var at = 0; at < block.Length;)
        {
            var first = block[at];
            if ((first & 0x80) != 0)
            {
                var index = Integer(block, ref at, 0x7f);
                headers[StaticNames[index]] = index is >= 8 and <= 14 ? Statuses[index - 8] : string.Empty;
            }
            else if ((first & 0xe0) == 0x20)
            {
                Integer(block, ref at, 0x1f);
            }
            else
            {
                var index = Integer(block, ref at, (first & 0x40) != 0 ? 0x3f : 0x0f);
                var name = index == 0 ? Text(block, ref at) : StaticNames[index];
                headers[name] = Text(block, ref at);
            }
        }
    }

    private static int Integer(byte[] block, ref int at, int mask)
    {
        var value = block[at++] & mask;
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; ; shift += 7)
        {
            var next = block[at++];
            value += (next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }

    private static string Text(byte[] block, ref int at)
    {
        var length = Integer(block, ref at, 0x7f);
        at += length;
        return Encoding.ASCII.GetString(block, at - length, length);
    }
}
