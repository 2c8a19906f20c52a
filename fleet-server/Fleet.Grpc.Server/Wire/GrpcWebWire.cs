using System.IO.Pipelines;
using System.Text;
using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>gRPC-Web: as gRPC, but the trailers are a last envelope of the body, so that browsers and HTTP/1.1 can have them.</summary>
internal sealed class GrpcWebWire(bool text) : GrpcWire
{
    public override string ContentType => text ? "application/grpc-web-text" : "application/grpc-web";

    public override bool IsText => text;

    public override bool NeedsHttp2 => false;

    public override PipeReader OpenRequest(HttpRequest request) =>
        text ? PipeReader.Create(new Base64DecodingStream(request.Body)) : base.OpenRequest(request);

    public override async Task EndAsync(ServerCall call, Status status)
    {
        var response = call.Http.Response;
        if (!call.HasWritten && !response.HasStarted)
        {
            // A client that finds the outcome in the headers reads no body.
            await base.EndAsync(call, status);
            return;
        }

        using var frame = new PooledBuffer();
        frame.GetSpan(Envelope.Size);
        frame.Advance(Envelope.Size);
        Line(frame, "grpc-status", CodeText(status.StatusCode));
        if (!string.IsNullOrEmpty(status.Detail))
        {
            Line(frame, "grpc-message", StatusMessage.Encode(status.Detail));
        }

        foreach (var entry in call.TrailersOrNull ?? Metadata.Empty)
        {
            if (entry.Key is "grpc-status" or "grpc-message")
            {
                continue;
            }

            Line(frame, entry.Key, Text(entry));
        }

        Envelope.Write(frame.Written, Envelope.Trailers, frame.Count - Envelope.Size);
        await call.SendAsync(frame.WrittenMemory, CancellationToken.None);
    }

    private static void Line(PooledBuffer frame, string name, string value)
    {
        var line = $"{name}: {value}\r\n";
        var written = Encoding.ASCII.GetBytes(line, frame.GetSpan(line.Length));
        frame.Advance(written);
    }
}
