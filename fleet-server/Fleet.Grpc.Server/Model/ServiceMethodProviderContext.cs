using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server.Internal;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Grpc.AspNetCore.Server.Model;

/// <summary>Takes the methods of a service that is being mapped.</summary>
public class ServiceMethodProviderContext<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>
    where TService : class
{
    private readonly ServiceBinder<TService> _binder;

    internal ServiceMethodProviderContext(ServiceBinder<TService> binder, object? argument)
    {
        _binder = binder;
        Argument = argument;
    }

    /// <summary>The definition that is being mapped; null where a class is.</summary>
    public object? Argument { get; }

    /// <summary>Adds a unary method.</summary>
    public void AddUnaryMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, UnaryServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => _binder.AddUnary(method, metadata, invoker.Invoke);

    /// <summary>Adds a client streaming method.</summary>
    public void AddClientStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ClientStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => _binder.AddClientStreaming(method, metadata, invoker.Invoke);

    /// <summary>Adds a server streaming method.</summary>
    public void AddServerStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, ServerStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => _binder.AddServerStreaming(method, metadata, invoker.Invoke);

    /// <summary>Adds a duplex streaming method.</summary>
    public void AddDuplexStreamingMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IList<object> metadata, DuplexStreamingServerMethod<TService, TRequest, TResponse> invoker)
        where TRequest : class
        where TResponse : class => _binder.AddDuplexStreaming(method, metadata, invoker.Invoke);

    /// <summary>Adds a method that <paramref name="invoker"/> serves at a route of its own.</summary>
    public void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, RoutePattern pattern, IList<object> metadata, RequestDelegate invoker)
        where TRequest : class
        where TResponse : class => _binder.AddRoute(method, pattern, metadata, invoker);
}
