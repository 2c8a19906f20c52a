using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>
/// Builds what serves a method: the interceptors in their order and, innermost, the service made for the call.
/// Without interceptors nothing lies between the handler and the service.
/// </summary>
internal sealed class InterceptorChain<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>(
    IReadOnlyList<BoundInterceptor> interceptors, IGrpcServiceActivator<TService>? activator)
    where TService : class
{
    public UnaryServerMethod<TRequest, TResponse> Unary<TRequest, TResponse>(
        Func<TService, TRequest, ServerCallContext, Task<TResponse>> invoke)
        where TRequest : class
        where TResponse : class
    {
        UnaryServerMethod<TRequest, TResponse> chain = activator is null
            ? (request, context) => invoke(null!, request, context)
            : new ScopedUnary<TService, TRequest, TResponse>(activator, invoke).ServeAsync;
        foreach (var registration in interceptors.Reverse())
        {
            var next = chain;
            chain = (request, context) => CallScope.InterceptAsync(
                registration, context, interceptor => interceptor.UnaryServerHandler(request, context, next));
        }

        return chain;
    }

    public ClientStreamingServerMethod<TRequest, TResponse> ClientStreaming<TRequest, TResponse>(
        Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> invoke)
        where TRequest : class
        where TResponse : class
    {
        ClientStreamingServerMethod<TRequest, TResponse> chain = (requests, context) =>
            Serve(context, service => invoke(service, requests, context));
        foreach (var registration in interceptors.Reverse())
        {
            var next = chain;
            chain = (requests, context) => CallScope.InterceptAsync(
                registration, context, interceptor => interceptor.ClientStreamingServerHandler(requests, context, next));
        }

        return chain;
    }

    public ServerStreamingServerMethod<TRequest, TResponse> ServerStreaming<TRequest, TResponse>(
        Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke)
        where TRequest : class
        where TResponse : class
    {
        ServerStreamingServerMethod<TRequest, TResponse> chain = (request, responses, context) =>
            Serve(context, service => Void(invoke(service, request, responses, context)));
        foreach (var registration in interceptors.Reverse())
        {
            var next = chain;
            chain = (request, responses, context) => CallScope.InterceptAsync(
                registration, context, interceptor => Void(interceptor.ServerStreamingServerHandler(request, responses, context, next)));
        }

        return chain;
    }

    public DuplexStreamingServerMethod<TRequest, TResponse> DuplexStreaming<TRequest, TResponse>(
        Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke)
        where TRequest : class
        where TResponse : class
    {
        DuplexStreamingServerMethod<TRequest, TResponse> chain = (requests, responses, context) =>
            Serve(context, service => Void(invoke(service, requests, responses, context)));
        foreach (var registration in interceptors.Reverse())
        {
            var next = chain;
            chain = (requests, responses, context) => CallScope.InterceptAsync(
                registration, context, interceptor => Void(interceptor.DuplexStreamingServerHandler(requests, responses, context, next)));
        }

        return chain;
    }

    private static async Task<bool> Void(Task task)
    {
        await task;
        return true;
    }

    private Task<T> Serve<T>(ServerCallContext context, Func<TService, Task<T>> invoke) =>
        activator is null ? invoke(null!) : CallScope.ServeAsync(activator, context, invoke);
}
