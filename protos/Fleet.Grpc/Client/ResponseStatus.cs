using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>The outcome of a call, from headers, trailers, HTTP status or what went wrong on the way.</summary>
internal static class ResponseStatus
{
    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";

    /// <summary>The outcome if the headers tell it already; null = it comes with the trailers.</summary>
    public static Status? FromHeaders(HttpResponseMessage response)
    {
        if (TryRead(response.Headers, out var status))
        {
            return status;
        }

        if (response.Version.Major < 2)
        {
            return new Status(StatusCode.Internal, $"Bad gRPC response. Response protocol downgraded to HTTP/{response.Version.ToString(2)}.");
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Status(FromHttp(response.StatusCode), $"Bad gRPC response. HTTP status code: {(int)response.StatusCode}");
        }

        var type = First(response.Content.Headers, "Content-Type");
        return type is not null && type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
            ? null
            : new Status(StatusCode.Cancelled, type is null
                ? "Bad gRPC response. Response did not have a content-type header."
                : $"Bad gRPC response. Invalid content-type value: {type}");
    }

    /// <summary>The outcome that the trailers tell.</summary>
    public static Status FromTrailers(HttpResponseMessage response) => TryRead(response.TrailingHeaders, out var status)
        ? status
        : new Status(StatusCode.Cancelled, "No grpc-status found on response.");

    /// <summary>
    /// What an exception of the transport means, by what is inside it as in the official client: a code of HTTP/2 is mapped, a lost or refused
    /// connection is UNAVAILABLE, and what says neither is INTERNAL.
    /// </summary>
    public static Status FromException(Exception exception)
    {
        var code = StatusCode.Internal;
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is HttpProtocolException protocol)
            {
                return new Status(FromHttp2Error(protocol.ErrorCode), $"Error starting or reading the call: {inner.Message}", exception);
            }

            if (inner is IOException or System.Net.Sockets.SocketException)
            {
                code = StatusCode.Unavailable;
            }
        }

        return new Status(code, $"Error starting or reading the call: {exception.GetType().Name}: {exception.Message}", exception);
    }

    /// <summary>Headers or trailers as metadata: without those that belong to the protocol.</summary>
    public static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            var key = name.ToLowerInvariant();
            if (IsProtocol(key))
            {
                continue;
            }

            foreach (var value in values)
            {
                Add(metadata, key, value);
            }
        }

        return metadata;
    }

    /// <summary>The first value of a header; null if there is none.</summary>
    public static string? First(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? First(values) : null;

    private static bool IsProtocol(string key) => key is StatusName or MessageName or "grpc-encoding" or "grpc-accept-encoding"
        or "content-type" or "content-encoding" or "transfer-encoding" or "te";

    private static void Add(Metadata metadata, string key, string value)
    {
        if (!Metadata.Entry.IsBinaryName(key))
        {
            metadata.Add(Metadata.Entry.Received(key, value));
            return;
        }

        foreach (var part in value.Split(','))
        {
            if (BinaryHeader.TryDecode(part, out var bytes))
            {
                metadata.Add(Metadata.Entry.Received(key, bytes));
            }
        }
    }

    private static string? First(HeaderStringValues values)
    {
        foreach (var value in values)
        {
            return value;
        }

        return null;
    }

    // Looks at each header once: a look-up by name costs more than the few there are.
    private static bool TryRead(HttpHeaders headers, out Status status)
    {
        string? text = null;
        string? detail = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            if (name.Equals(StatusName, StringComparison.OrdinalIgnoreCase))
            {
                text = First(values);
            }
            else if (name.Equals(MessageName, StringComparison.OrdinalIgnoreCase))
            {
                detail = First(values);
            }
        }

        status = text is null ? default : Read(text, detail);
        return text is not null;
    }

    private static Status Read(string text, string? detail) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
        ? new Status((StatusCode)code, detail is null ? string.Empty : StatusMessage.Decode(detail))
        : new Status(StatusCode.Unknown, $"The grpc-status '{text}' is no number.");

    private static StatusCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    // RFC 9113, section 7, as gRPC maps it.
    private static StatusCode FromHttp2Error(long code) => code switch
    {
        0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };
}
