using System.Globalization;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>gRPC over HTTP/2: the outcome is in the trailers, or in the headers if there is nothing else.</summary>
internal class GrpcWire : Wire
{
    public const string StatusName = "grpc-status";
    public const string MessageName = "grpc-message";

    private static readonly string[] StatusTexts =
        [.. Enumerable.Range(0, 17).Select(static code => code.ToString(CultureInfo.InvariantCulture))];

    public override string ContentType => "application/grpc";

    public override bool NeedsHttp2 => true;

    public override string RequestEncodingHeader => "grpc-encoding";

    public override string AcceptEncodingHeader => "grpc-accept-encoding";

    public override string ResponseEncodingHeader => "grpc-encoding";

    public override TimeSpan? ReadTimeout(IHeaderDictionary headers) =>
        headers.TryGetValue(TimeoutHeader.Name, out var value) ? TimeoutHeader.Parse(value) : null;

    public override Task EndAsync(ServerCall call, Status status)
    {
        var response = call.Http.Response;
        var trailersOnly = !call.HasWritten && !response.HasStarted;
        if (trailersOnly)
        {
            call.PrepareHeaders();
        }

        var destination = trailersOnly ? response.Headers : Trailers(call.Http);
        destination[StatusName] = CodeText(status.StatusCode);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            destination[MessageName] = StatusMessage.Encode(status.Detail);
        }

        if (call.TrailersOrNull is { } trailers)
        {
            Append(destination, trailers);
        }

        return Task.CompletedTask;
    }

    protected static string CodeText(StatusCode code) =>
        (uint)code < StatusTexts.Length ? StatusTexts[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    private static IHeaderDictionary Trailers(HttpContext http) =>
        http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            ?? throw new InvalidOperationException("This connection has no trailers.");
}
