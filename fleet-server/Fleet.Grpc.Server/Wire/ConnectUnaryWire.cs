using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Connect, one request and one response: plain HTTP bodies, the outcome in the HTTP status, trailers as headers <c>trailer-…</c>.</summary>
internal class ConnectUnaryWire(bool json) : Wire
{
    private const string TrailerPrefix = "trailer-";

    public override string ContentType => json ? "application/json" : "application/proto";

    public override bool IsJson => json;

    public override bool IsEnveloped => false;

    public override bool CanSendHeadersEarly => false;

    public override string RequestEncodingHeader => "content-encoding";

    public override string AcceptEncodingHeader => "accept-encoding";

    public override string ResponseEncodingHeader => "content-encoding";

    public override void CheckVersion(HttpRequest request) => ConnectHeaders.CheckVersion(request.Headers);

    public override TimeSpan? ReadTimeout(IHeaderDictionary headers) => ConnectHeaders.ReadTimeout(headers);

    public override void AnnounceTrailers(ServerCall call)
    {
        if (call.TrailersOrNull is { } trailers)
        {
            Append(call.Http.Response.Headers, trailers, TrailerPrefix);
        }
    }

    public override async Task EndAsync(ServerCall call, Status status)
    {
        if (status.StatusCode == StatusCode.OK && call.HasWritten)
        {
            return;
        }

        var response = call.Http.Response;
        if (response.HasStarted)
        {
            call.Http.Abort();
            return;
        }

        AnnounceTrailers(call);
        response.Headers.Remove(ResponseEncodingHeader);
        response.StatusCode = ConnectError.HttpStatus(status.StatusCode);
        response.ContentType = "application/json";
        await response.BodyWriter.WriteAsync(ConnectError.ToJson(status, call.TrailersOrNull), CancellationToken.None);
    }
}
