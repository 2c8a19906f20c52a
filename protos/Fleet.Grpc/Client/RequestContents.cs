using System.Net;

namespace Grpc.Net.Client.Internal;

/// <summary>One framed message. Derived from a content without duplex, so that headers and message leave in one flush.</summary>
internal sealed class SingleMessageContent : ByteArrayContent
{
    public SingleMessageContent(byte[] framed, int count)
        : base(framed, 0, count) => GrpcType.Set(this);
}

/// <summary>A stream of messages that is written while the request is under way.</summary>
internal sealed class StreamedContent : HttpContent
{
    private readonly Func<Stream, CancellationToken, Task> _write;

    public StreamedContent(Func<Stream, CancellationToken, Task> write)
    {
        _write = write;
        GrpcType.Set(this);
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

/// <summary>The content type of requests.</summary>
internal static class GrpcType
{
    // A text is kept as it is; a parsed value costs an object a request.
    public static void Set(HttpContent content) => content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
}
