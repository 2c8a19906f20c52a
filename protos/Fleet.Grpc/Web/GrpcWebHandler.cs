using System.Net.Http.Headers;
using System.Text;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Web;

/// <summary>How gRPC-Web puts messages into bodies.</summary>
public enum GrpcWebMode
{
    /// <summary>Bytes.</summary>
    GrpcWeb,

    /// <summary>Base64 text, which browsers can read while it arrives.</summary>
    GrpcWebText,
}

/// <summary>
/// Turns the gRPC calls of a channel into gRPC-Web, for servers that are reached without HTTP/2 or through proxies that know no trailers:
/// unary calls and server streaming. Set <see cref="GrpcChannelOptions.HttpVersion"/> to 1.1 where there is no HTTP/2.
/// </summary>
public sealed class GrpcWebHandler : DelegatingHandler
{
    /// <summary>Bytes, over a handler that is set later.</summary>
    public GrpcWebHandler()
    {
    }

    /// <summary>Bytes.</summary>
    public GrpcWebHandler(HttpMessageHandler innerHandler)
        : base(innerHandler)
    {
    }

    /// <summary>Over a handler that is set later.</summary>
    public GrpcWebHandler(GrpcWebMode mode) => GrpcWebMode = mode;

    /// <summary>Over a handler.</summary>
    public GrpcWebHandler(GrpcWebMode mode, HttpMessageHandler innerHandler)
        : base(innerHandler) => GrpcWebMode = mode;

    /// <summary>Version of the requests, null = that of the channel.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>How messages are put into bodies.</summary>
    public GrpcWebMode GrpcWebMode { get; set; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Content is not { Headers.ContentType.MediaType: "application/grpc" } content)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var text = GrpcWebMode == GrpcWebMode.GrpcWebText;
        var type = text ? "application/grpc-web-text" : "application/grpc-web";
        if (text)
        {
            // Of a stream of requests this waits for the last one: gRPC-Web has no other.
            var bytes = await content.ReadAsByteArrayAsync(cancellationToken);
            request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)));
        }

        request.Content!.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        request.Version = HttpVersion ?? request.Version;
        return await UnwrappedAsync(await base.SendAsync(request, cancellationToken), cancellationToken);
    }

    private static async Task<HttpResponseMessage> UnwrappedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType?.MediaType ?? string.Empty;
        if (!type.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase))
        {
            return response;
        }

        // What is inside is a response of HTTP/2, trailers and all.
        response.Version = System.Net.HttpVersion.Version20;
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var text = type.StartsWith("application/grpc-web-text", StringComparison.OrdinalIgnoreCase);
        response.Content = new StreamContent(new TrailersInBodyStream(text ? new Base64DecodingStream(body) : body, response.TrailingHeaders));
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        return response;
    }
}
