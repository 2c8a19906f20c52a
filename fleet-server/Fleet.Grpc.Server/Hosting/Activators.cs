using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server.Internal;
using Grpc.Core.Interceptors;

namespace Grpc.AspNetCore.Server;

/// <summary>Makes the instance of a service that serves one call. Register one's own to change how that is done.</summary>
public interface IGrpcServiceActivator<[DynamicallyAccessedMembers(ServiceBinding.Members)] TGrpcService>
    where TGrpcService : class
{
    /// <summary>An instance for a call, from the call's scope.</summary>
    GrpcActivatorHandle<TGrpcService> Create(IServiceProvider serviceProvider);

    /// <summary>The call has ended.</summary>
    ValueTask ReleaseAsync(GrpcActivatorHandle<TGrpcService> service);
}

/// <summary>Makes the instance of an interceptor that sees one call.</summary>
public interface IGrpcInterceptorActivator
{
    /// <summary>An instance for a call, from the call's scope.</summary>
    GrpcActivatorHandle<Interceptor> Create(IServiceProvider serviceProvider, InterceptorRegistration interceptorRegistration);

    /// <summary>The call has ended.</summary>
    ValueTask ReleaseAsync(GrpcActivatorHandle<Interceptor> interceptor);
}

/// <summary>Makes the instances of one interceptor. Register one's own to change how that is done.</summary>
public interface IGrpcInterceptorActivator<TInterceptor> : IGrpcInterceptorActivator
    where TInterceptor : Interceptor;
