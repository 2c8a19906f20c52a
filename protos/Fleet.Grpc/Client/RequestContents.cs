using System.Net;
using System.Net.Http.Headers;

namespace Grpc.Net.Client.Internal;

/// <summary>One framed message. Derived from a content without duplex, so that headers and message leave in one flush.</summary>
internal sealed class SingleMessageContent : ByteArrayContent
{
    public static readonly MediaTypeHeaderValue GrpcType = new("application/grpc");

    public SingleMessageContent(byte[] framed, int count)
        : base(framed, 0, count) => Headers.ContentType = GrpcType;
}

/// <summary>A stream of messages that is written while the request is under way.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly Func<Stream, CancellationToken, Task> _write;

    public StreamedContent(Func<Stream, CancellationToken, Task> write)
    {
        _write = write;
        Headers.ContentType = SingleMessageContent.GrpcType;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        _write(stream, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _write(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
