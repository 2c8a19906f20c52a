using System.Globalization;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>gRPC over HTTP/2: the outcome is in the trailers, or in the headers if there is nothing else.</summary>
internal class GrpcWire : Wire
{
    // The server finds a header faster by its own name for it.
    public static readonly string StatusName = HeaderNames.GrpcStatus;
    public static readonly string MessageName = HeaderNames.GrpcMessage;

    private static readonly string[] StatusTexts =
        [.. Enumerable.Range(0, 17).Select(static code => code.ToString(CultureInfo.InvariantCulture))];

    public override string ContentType => "application/grpc";

    public override bool NeedsHttp2 => true;

    public override string RequestEncodingHeader => HeaderNames.GrpcEncoding;

    public override string AcceptEncodingHeader => HeaderNames.GrpcAcceptEncoding;

    public override string ResponseEncodingHeader => HeaderNames.GrpcEncoding;

    public override TimeSpan? ReadTimeout(IHeaderDictionary headers) =>
        headers.TryGetValue(HeaderNames.GrpcTimeout, out var value) && TimeoutHeader.Parse(value) is { } timeout && timeout > TimeSpan.Zero
            ? timeout
            : null;

    public override Task EndAsync(ServerCall call, Status status)
    {
        var response = call.Http.Response;
        var trailersOnly = !call.HasWritten && !response.HasStarted;
        if (trailersOnly)
        {
            call.PrepareHeaders();
        }

        var destination = trailersOnly ? response.Headers : Trailers(call.Http);
        if (call.TrailersOrNull is { } trailers)
        {
            Append(destination, trailers);
        }

        // After the service's own trailers: none of them may say how the call ended.
        destination[StatusName] = CodeText(status.StatusCode);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[MessageName] = StatusMessage.Encode(status.Detail);
        }
        else if (call.TrailersOrNull is not null)
        {
            destination.Remove(MessageName);
        }

        return Task.CompletedTask;
    }

    public static string CodeText(StatusCode code) =>
        (uint)code < StatusTexts.Length ? StatusTexts[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    private static IHeaderDictionary Trailers(HttpContext http) =>
        http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            ?? throw new InvalidOperationException("This connection has no trailers.");
}
