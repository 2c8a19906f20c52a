using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Which protocol a request speaks, by its content type.</summary>
internal static class WireSelection
{
    private static readonly GrpcWire Grpc = new();
    private static readonly GrpcWebWire Web = new(text: false);
    private static readonly GrpcWebWire WebText = new(text: true);
    private static readonly ConnectUnaryWire ConnectJson = new(json: true);
    private static readonly ConnectUnaryWire ConnectProto = new(json: false);
    private static readonly ConnectStreamWire ConnectStreamJson = new(json: true);
    private static readonly ConnectStreamWire ConnectStreamProto = new(json: false);

    /// <summary>The protocol of a request of a method of <paramref name="shape"/>; null = none that is known.</summary>
    public static Wire? For(string? contentType, MethodType shape) =>
        contentType is "application/grpc" ? Grpc : ForMediaType(contentType, shape == MethodType.Unary);

    /// <summary>True if the content type alone tells that the request is a call.</summary>
    public static bool IsUnmistakable(string? contentType) =>
        ForMediaType(contentType, unary: false) is not null || MediaType(contentType) == ConnectProto.ContentType;

    /// <summary>The protocol to refuse a call in whose method is not known.</summary>
    public static Wire ForRefusal(string? contentType) =>
        ForMediaType(contentType, unary: false) ?? ForMediaType(contentType, unary: true) ?? Grpc;

    private static Wire? ForMediaType(string? contentType, bool unary) => MediaType(contentType) switch
    {
        "application/grpc" or "application/grpc+proto" => Grpc,
        "application/grpc-web" or "application/grpc-web+proto" => Web,
        "application/grpc-web-text" or "application/grpc-web-text+proto" => WebText,
        "application/json" when unary => ConnectJson,
        "application/proto" when unary => ConnectProto,
        "application/connect+json" when !unary => ConnectStreamJson,
        "application/connect+proto" when !unary => ConnectStreamProto,
        _ => null,
    };

    private static string? MediaType(string? contentType)
    {
        if (contentType is null)
        {
            return null;
        }

        var end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType[..end]).Trim().ToLowerInvariant();
    }
}
