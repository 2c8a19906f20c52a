using System.Text.Json;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Connect, streams: HTTP 200 always, enveloped messages, outcome and trailers as JSON in the last envelope.</summary>
internal sealed class ConnectStreamWire(bool json) : Wire
{
    public override string ContentType => json ? "application/connect+json" : "application/connect+proto";

    public override bool IsJson => json;

    public override string RequestEncodingHeader => "connect-content-encoding";

    public override string AcceptEncodingHeader => "connect-accept-encoding";

    public override string ResponseEncodingHeader => "connect-content-encoding";

    public override void CheckVersion(HttpRequest request) => ConnectHeaders.CheckVersion(request.Headers);

    public override TimeSpan? ReadTimeout(IHeaderDictionary headers) => ConnectHeaders.ReadTimeout(headers);

    public override async Task EndAsync(ServerCall call, Status status)
    {
        call.PrepareHeaders();
        using var frame = new PooledBuffer();
        frame.GetSpan(Envelope.Size);
        frame.Advance(Envelope.Size);
        using (var writer = new Utf8JsonWriter(frame))
        {
            Write(writer, status, call.TrailersOrNull);
        }

        Envelope.Write(frame.Written, Envelope.EndStream, frame.Count - Envelope.Size);
        await call.SendAsync(frame.WrittenMemory, CancellationToken.None);
    }

    private static void Write(Utf8JsonWriter writer, Status status, Metadata? trailers)
    {
        writer.WriteStartObject();
        if (status.StatusCode != StatusCode.OK)
        {
            writer.WritePropertyName("error");
            ConnectError.Write(writer, status, trailers);
        }

        if (trailers is { Count: > 0 })
        {
            writer.WriteStartObject("metadata");
            foreach (var group in trailers.GroupBy(static e => e.Key))
            {
                writer.WriteStartArray(group.Key);
                foreach (var entry in group)
                {
                    writer.WriteStringValue(Text(entry));
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
