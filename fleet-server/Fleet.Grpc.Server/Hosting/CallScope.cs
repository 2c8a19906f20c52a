using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>An interceptor as it was registered, and who makes its instances.</summary>
internal sealed record BoundInterceptor(InterceptorRegistration Registration, IGrpcInterceptorActivator Activator);

/// <summary>Interceptors and services that live as long as one call.</summary>
internal static class CallScope
{
    public static Task<T> InterceptAsync<T>(BoundInterceptor bound, ServerCallContext context, Func<Interceptor, Task<T>> intercept)
    {
        var handle = bound.Activator.Create(ServerCall.Of(context).Http.RequestServices, bound.Registration);
        return handle.Created || bound.Activator is not IBuiltInActivator
            ? ReleaseAfterAsync(handle.Instance, intercept, () => bound.Activator.ReleaseAsync(handle))
            : intercept(handle.Instance);
    }

    public static Task<T> ServeAsync<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService, T>(
        IGrpcServiceActivator<TService> activator, ServerCallContext context, Func<TService, Task<T>> serve)
        where TService : class
    {
        var handle = activator.Create(ServerCall.Of(context).Http.RequestServices);
        return HasEnd(activator, handle) ? ReleaseAfterAsync(handle.Instance, serve, () => activator.ReleaseAsync(handle)) : serve(handle.Instance);
    }

    /// <summary>Own activators hear of the end of each call; the built-in one has something to do only if there is something to dispose.</summary>
    public static bool HasEnd<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>(
        IGrpcServiceActivator<TService> activator, in GrpcActivatorHandle<TService> handle)
        where TService : class =>
        activator is not IBuiltInActivator || (handle.Created && handle.Instance is IAsyncDisposable or IDisposable);

    public static async Task<T> ReleaseAfterAsync<TMade, T>(TMade made, Func<TMade, Task<T>> serve, Func<ValueTask> release)
    {
        try
        {
            return await serve(made);
        }
        finally
        {
            await release();
        }
    }
}

/// <summary>A unary method of a service that is made for each call; the shape whose closures would be felt.</summary>
internal sealed class ScopedUnary<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService, TRequest, TResponse>(
    IGrpcServiceActivator<TService> activator, Func<TService, TRequest, ServerCallContext, Task<TResponse>> invoke)
    where TService : class
{
    public Task<TResponse> ServeAsync(TRequest request, ServerCallContext context)
    {
        var handle = activator.Create(ServerCall.Of(context).Http.RequestServices);
        return CallScope.HasEnd(activator, handle) ? ReleaseAfterAsync(handle, request, context) : invoke(handle.Instance, request, context);
    }

    private Task<TResponse> ReleaseAfterAsync(GrpcActivatorHandle<TService> handle, TRequest request, ServerCallContext context) =>
        CallScope.ReleaseAfterAsync(handle.Instance, service => invoke(service, request, context), () => activator.ReleaseAsync(handle));
}
