using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>One request, one response.</summary>
internal sealed class UnaryHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, UnaryServerMethod<TRequest, TResponse> service)
    : MethodHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(ServerCall call)
    {
        var response = await service(await call.ReadSingleAsync(Requests(call)), call);
        WriteResponse(call, response, Responses(call));
    }
}

/// <summary>Many requests, one response.</summary>
internal sealed class ClientStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, ClientStreamingServerMethod<TRequest, TResponse> service)
    : MethodHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(ServerCall call)
    {
        // A Connect stream answers with an envelope and a last envelope, like gRPC with its trailers.
        var response = await service(new RequestStream<TRequest>(call, Requests(call)), call);
        WriteResponse(call, response, Responses(call));
    }
}

/// <summary>One request, many responses.</summary>
internal sealed class ServerStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, ServerStreamingServerMethod<TRequest, TResponse> service)
    : MethodHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override async Task ServeAsync(ServerCall call)
    {
        var request = await call.ReadSingleAsync(Requests(call));
        await service(request, new ResponseStream<TResponse>(call, Responses(call)), call);
    }
}

/// <summary>Many requests, many responses.</summary>
internal sealed class DuplexStreamingHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodSettings settings, DuplexStreamingServerMethod<TRequest, TResponse> service)
    : MethodHandler<TRequest, TResponse>(method, settings)
    where TRequest : class
    where TResponse : class
{
    protected override Task ServeAsync(ServerCall call) => service(
        new RequestStream<TRequest>(call, Requests(call)), new ResponseStream<TResponse>(call, Responses(call)), call);
}
