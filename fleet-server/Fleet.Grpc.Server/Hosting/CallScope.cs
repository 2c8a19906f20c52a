using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Interceptors and services that live as long as one call.</summary>
internal static class CallScope
{
    public static Task<T> InterceptAsync<T>(
        InterceptorRegistration registration, ServerCallContext context, Func<Interceptor, Task<T>> intercept)
    {
        var interceptor = registration.Create(ServerCall.Of(context).Http.RequestServices, out var made);
        return made && interceptor is IAsyncDisposable or IDisposable
            ? DisposeAfterAsync(interceptor, intercept)
            : intercept(interceptor);
    }

    public static async Task<T> DisposeAfterAsync<TMade, T>(TMade made, Func<TMade, Task<T>> serve)
    {
        try
        {
            return await serve(made);
        }
        finally
        {
            if (made is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else
            {
                (made as IDisposable)?.Dispose();
            }
        }
    }
}
