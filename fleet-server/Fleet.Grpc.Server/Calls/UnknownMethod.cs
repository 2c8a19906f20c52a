using Grpc.Core;
using Grpc.Core.Internal;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Refuses requests that cannot become a call.</summary>
internal static class UnknownMethod
{
    /// <summary>Answers UNIMPLEMENTED in the protocol of the request.</summary>
    public static async Task ServeAsync(HttpContext http, string detail)
    {
        if (RpcContentConstraint.IsPreflight(http.Request))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        if (CallEvents.Server.IsEnabled())
        {
            CallEvents.Server.CallUnimplemented(http.Request.Path.Value ?? string.Empty);
        }

        var wire = WireSelection.ForRefusal(http.Request.ContentType);
        await using var call = new ServerCall(http, wire, Nameless, Settings);
        await wire.EndAsync(call, new Status(StatusCode.Unimplemented, detail));
    }

    /// <summary>Answers 415: no protocol has this content type for this shape of call.</summary>
    public static Task RefuseContentAsync(HttpContext http, IMethod method)
    {
        http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        http.Response.Headers["Accept-Post"] = method.Type == MethodType.Unary
            ? "application/grpc, application/grpc-web, application/grpc-web-text, application/json, application/proto"
            : "application/grpc, application/grpc-web, application/grpc-web-text, application/connect+json, application/connect+proto";
        return Status(http, http.Request.ContentType is { } type ? $"Content-Type '{type}' is not supported." : "Content-Type is missing from the request.");
    }

    /// <summary>Answers 426: gRPC needs trailers, which HTTP/1.1 has not.</summary>
    public static Task RefuseProtocolAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
        http.Response.Headers.Upgrade = "HTTP/2";
        return Status(http, $"Request protocol '{http.Request.Protocol}' is not supported: gRPC needs HTTP/2.");
    }

    private static Task Status(HttpContext http, string detail)
    {
        http.Response.Headers[GrpcWire.StatusName] = "13";
        http.Response.Headers[GrpcWire.MessageName] = Grpc.Core.Internal.StatusMessage.Encode(detail);
        return Task.CompletedTask;
    }

    private static readonly IMethod Nameless = new NamelessMethod();

    private static readonly MethodSettings Settings = new()
    {
        MaxReceive = 0,
        MaxSend = 0,
        DetailedErrors = false,
        IgnoreUnknownServices = false,
        SuppressCreatingService = false,
        Encodings = Grpc.Core.Internal.Encodings.Default,
        ResponseEncoding = null,
        ResponseLevel = null,
        Interceptors = [],
        Clock = TimeProvider.System,
        Logger = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
    };

    private sealed class NamelessMethod : IMethod
    {
        public MethodType Type => MethodType.Unary;

        public string ServiceName => string.Empty;

        public string Name => string.Empty;

        public string FullName => "/";
    }
}
