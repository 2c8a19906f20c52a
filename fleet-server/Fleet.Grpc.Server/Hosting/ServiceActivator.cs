using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The service instance of one call: the container's if it knows the class, else made in the call's scope and disposed after it.</summary>
internal sealed class ServiceActivator<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService> : IGrpcServiceActivator<TService>, IBuiltInActivator
    where TService : class
{
    private readonly Lazy<ObjectFactory<TService>> _factory = new(static () => ActivatorUtilities.CreateFactory<TService>([]));

    public GrpcActivatorHandle<TService> Create(IServiceProvider serviceProvider) => serviceProvider.GetService<TService>() is { } known
        ? new GrpcActivatorHandle<TService>(known, created: false, null)
        : new GrpcActivatorHandle<TService>(_factory.Value(serviceProvider, []), created: true, null);

    public ValueTask ReleaseAsync(GrpcActivatorHandle<TService> service) => service.Created ? Made.DisposeAsync(service.Instance) : default;
}

/// <summary>The interceptor instance of one call, by the same rule.</summary>
internal sealed class InterceptorActivator<TInterceptor> : IGrpcInterceptorActivator<TInterceptor>, IBuiltInActivator
    where TInterceptor : Core.Interceptors.Interceptor
{
    public GrpcActivatorHandle<Core.Interceptors.Interceptor> Create(
        IServiceProvider serviceProvider, InterceptorRegistration interceptorRegistration)
    {
        var instance = interceptorRegistration.Create(serviceProvider, out var made);
        return new GrpcActivatorHandle<Core.Interceptors.Interceptor>(instance, made, null);
    }

    public ValueTask ReleaseAsync(GrpcActivatorHandle<Core.Interceptors.Interceptor> interceptor) =>
        interceptor.Created ? Made.DisposeAsync(interceptor.Instance) : default;
}

/// <summary>An activator that has nothing to release but what it made.</summary>
internal interface IBuiltInActivator;

/// <summary>Ends what was made for a call.</summary>
internal static class Made
{
    public static ValueTask DisposeAsync(object made)
    {
        if (made is IAsyncDisposable asynchronous)
        {
            return asynchronous.DisposeAsync();
        }

        (made as IDisposable)?.Dispose();
        return default;
    }
}
