using System.Net;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>The body of a request, whose first byte follows the headers.</summary>
internal interface IRequestBody
{
    /// <summary>True once the transport has asked for it: before that nothing of the request is on its way.</summary>
    bool HasBegun { get; }
}

/// <summary>One framed message. Derived from a content without duplex, so that headers and message leave in one flush.</summary>
internal sealed class SingleMessageContent : ByteArrayContent, IRequestBody
{
    private readonly ArraySegment<byte> _framed;
    private volatile bool _begun;

    public SingleMessageContent(ArraySegment<byte> framed)
        : base(framed.Array!, framed.Offset, framed.Count)
    {
        _framed = framed;
        GrpcType.Set(this);
    }

    public bool HasBegun => _begun;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _begun = true;
        if (CallEvents.Client.IsEnabled())
        {
            CallEvents.Client.MessageSent();
        }

        return stream.WriteAsync(_framed.Array!, _framed.Offset, _framed.Count, cancellationToken);
    }
}

/// <summary>A stream of messages that is written while the request is under way.</summary>
internal sealed class StreamedContent : HttpContent, IRequestBody
{
    private readonly Func<Stream, CancellationToken, Task> _write;
    private volatile bool _begun;

    public StreamedContent(Func<Stream, CancellationToken, Task> write)
    {
        _write = write;
        GrpcType.Set(this);
    }

    public bool HasBegun => _begun;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _begun = true;
        return _write(stream, cancellationToken);
    }

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
