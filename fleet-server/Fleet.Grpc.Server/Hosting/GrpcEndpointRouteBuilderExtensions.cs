using System.Diagnostics.CodeAnalysis;
using Grpc.AspNetCore.Server.Internal;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps services to routes <c>/service/method</c>.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps the methods of a class that derives from a generated base; the class is made for each call in its scope.</summary>
    /// <exception cref="InvalidOperationException">AddGrpc was not called, or the class has no generated base.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>(
        this IEndpointRouteBuilder builder)
        where TService : class
    {
        var binder = new ServiceBinder<TService>(Mapping(builder), null);
        ServiceBinding.Bind(binder, builder.ServiceProvider);
        return binder.Built();
    }

    /// <summary>Maps the methods of a definition, which brings its own instance.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(
        this IEndpointRouteBuilder builder, Func<IServiceProvider, ServerServiceDefinition> mapDefinition)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(mapDefinition);
        return builder.MapGrpcService(mapDefinition(builder.ServiceProvider));
    }

    /// <summary>Maps the methods of a definition, which brings its own instance.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(
        this IEndpointRouteBuilder builder, ServerServiceDefinition serviceDefinition)
    {
        ArgumentNullException.ThrowIfNull(serviceDefinition);
        var binder = new ServiceBinder<ServerServiceDefinition>(Mapping(builder), serviceDefinition);
        serviceDefinition.BindService(binder);
        return binder.Built();
    }

    private static EndpointMapping Mapping(IEndpointRouteBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var marker = builder.ServiceProvider.GetService<GrpcMarker>()
            ?? throw new InvalidOperationException("Call AddGrpc on the services before mapping a gRPC service.");
        return new EndpointMapping(builder, marker);
    }
}

/// <summary>Adds conventions, for example authorization, to every method of a mapped service.</summary>
public sealed class GrpcServiceEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly IReadOnlyList<IEndpointConventionBuilder> _methods;

    internal GrpcServiceEndpointConventionBuilder(IReadOnlyList<IEndpointConventionBuilder> methods) => _methods = methods;

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var method in _methods)
        {
            method.Add(convention);
        }
    }

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var method in _methods)
        {
            method.Finally(finallyConvention);
        }
    }
}
