using Fleet.Server.Domain.Operators;
using Fleet.Server.Trust;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Fleet.Server.Api;

/// <summary>Lets nobody but operators in: every method needs a bearer token, except those of the health service.</summary>
public sealed partial class OperatorInterceptor(FleetTrust trust, ILogger<OperatorInterceptor> logger) : Interceptor
{
    private const string OpenService = "/grpc.health.v1.Health/";
    private const string Scheme = "Bearer ";
    private static readonly object ActorKey = new();

    /// <summary>The operator who makes a call.</summary>
    public static Actor ActorOf(ServerCallContext context) => (Actor)context.UserState[ActorKey];

    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, context);
    }

    /// <inheritdoc/>
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(requestStream, context);
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, responseStream, context);
    }

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Admit(ServerCallContext context)
    {
        if (context.Method.StartsWith(OpenService, StringComparison.Ordinal))
        {
            return;
        }

        var header = context.RequestHeaders.GetValue("authorization");
        if (header is null)
        {
            throw Refused("No operator token. Send the header 'authorization: Bearer TOKEN' with the token of operator.token in the data directory.");
        }

        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || trust.Operators.WhoIs(header[Scheme.Length..].Trim()) is not { } name)
        {
            LogWrongToken(logger, context.Peer, context.Method);
            throw Refused("The operator token is not valid here.");
        }

        context.UserState[ActorKey] = new Actor(ActorKind.Operator, name);
    }

    private static RpcException Refused(string text) => new(new Status(StatusCode.Unauthenticated, text));

    [LoggerMessage(2302, LogLevel.Warning, "{Peer} called {Method} with a token that is not valid")]
    private static partial void LogWrongToken(ILogger logger, string peer, string method);
}
