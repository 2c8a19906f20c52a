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

        // Own activators hear of the end of each call; the built-in one has something to do only if there is something to dispose.
        return activator is not IBuiltInActivator || (handle.Created && handle.Instance is IAsyncDisposable or IDisposable)
            ? ReleaseAfterAsync(handle.Instance, serve, () => activator.ReleaseAsync(handle))
            : serve(handle.Instance);
    }

    private static async Task<T> ReleaseAfterAsync<TMade, T>(TMade made, Func<TMade, Task<T>> serve, Func<ValueTask> release)
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
