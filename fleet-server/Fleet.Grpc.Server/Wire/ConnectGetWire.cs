using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>
/// Connect, a call without side effects as a GET that caches may keep: codec, encoding and message are in the query,
/// <c>?connect=v1&amp;encoding=json&amp;message=...</c>, the message in base64 with <c>base64=1</c>.
/// </summary>
internal sealed class ConnectGetWire(bool json) : ConnectUnaryWire(json)
{
    private const string Message = "message";
    private const string KnownVersion = "v1";

    private static readonly ConnectGetWire Json = new(json: true);
    private static readonly ConnectGetWire Proto = new(json: false);

    /// <summary>The wire of the codec that the query names; null = none that is known.</summary>
    public static ConnectGetWire? For(IQueryCollection query) => query["encoding"].ToString() switch
    {
        "json" => Json,
        "proto" => Proto,
        _ => null,
    };

    public override void CheckVersion(HttpRequest request)
    {
        if (request.Query.TryGetValue("connect", out var version) && version != KnownVersion)
        {
            throw Refused($"connect is '{version}'; known is {KnownVersion}.");
        }
    }

    public override StringValues RequestEncoding(HttpRequest request) => request.Query["compression"];

    public override PipeReader OpenRequest(HttpRequest request)
    {
        var bytes = RawMessage(request.QueryString.Value ?? string.Empty) ?? throw Refused("The query has no message.");
        return PipeReader.Create(new ReadOnlySequence<byte>(request.Query["base64"] == "1" ? Decode(bytes) : bytes));
    }

    // From the raw query: a message need not be the UTF-8 that parsed queries are.
    private static byte[]? RawMessage(string query)
    {
        foreach (var part in new QueryStringEnumerable(query))
        {
            if (part.DecodeName().Span.SequenceEqual(Message))
            {
                var escaped = Encoding.ASCII.GetBytes(part.EncodedValue.ToString());
                return WebUtility.UrlDecodeToBytes(escaped, 0, escaped.Length);
            }
        }

        return null;
    }

    // Base64 of URLs is what the protocol has; that of mail is taken as well.
    private static byte[] Decode(byte[] text)
    {
        var url = text.AsSpan();
        url.Replace((byte)'+', (byte)'-');
        url.Replace((byte)'/', (byte)'_');
        try
        {
            return Base64Url.DecodeFromUtf8(url);
        }
        catch (FormatException)
        {
            throw Refused("The message in the query is no base64.");
        }
    }

    private static RpcException Refused(string why) => new(new Status(StatusCode.InvalidArgument, why));
}
