using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server.Internal;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Serves a unary call with an instance of the service.</summary>
public delegate Task<TResponse> UnaryServerMethod<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService, TRequest, TResponse>(
    TService service, TRequest request, ServerCallContext serverCallContext)
    where TService : class
    where TRequest : class
    where TResponse : class;

/// <summary>Serves a call with many requests with an instance of the service.</summary>
public delegate Task<TResponse> ClientStreamingServerMethod<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> stream, ServerCallContext serverCallContext)
    where TService : class
    where TRequest : class
    where TResponse : class;

/// <summary>Serves a call with many responses with an instance of the service.</summary>
public delegate Task ServerStreamingServerMethod<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService, TRequest, TResponse>(
    TService service, TRequest request, IServerStreamWriter<TResponse> stream, ServerCallContext serverCallContext)
    where TService : class
    where TRequest : class
    where TResponse : class;

/// <summary>Serves a call with many requests and many responses with an instance of the service.</summary>
public delegate Task DuplexStreamingServerMethod<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService, TRequest, TResponse>(
    TService service, IAsyncStreamReader<TRequest> input, IServerStreamWriter<TResponse> output, ServerCallContext serverCallContext)
    where TService : class
    where TRequest : class
    where TResponse : class;

/// <summary>Tells the methods of a class that has no generated base, or further ones of a class that has. Registered in the container.</summary>
public interface IServiceMethodProvider<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>
    where TService : class
{
    /// <summary>Called once where the service is mapped; adds the methods to <paramref name="context"/>.</summary>
    void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context);
}
