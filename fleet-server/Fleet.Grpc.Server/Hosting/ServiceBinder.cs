using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Makes an endpoint of each method that generated code lists.</summary>
/// <param name="mapping">Takes the endpoints.</param>
/// <param name="definition">The instance of a service that is not made per call; null = made per call.</param>
internal sealed class ServiceBinder<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>(
    EndpointMapping mapping, ServerServiceDefinition? definition) : ServiceBinderBase
    where TService : class
{
    private readonly MethodSettings _settings = MethodSettings.For<TService>(mapping.Services);
    private readonly IGrpcServiceActivator<TService> _activator = mapping.Services.GetRequiredService<IGrpcServiceActivator<TService>>();

    public GrpcServiceEndpointConventionBuilder Built() => new(mapping.Methods);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => AddUnary(method, Metadata(method), handler is null
            ? Open<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method, typeof(TRequest), typeof(ServerCallContext))
            : (_, request, context) => handler(request, context));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => AddClientStreaming(method, Metadata(method), handler is null
            ? Open<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext))
            : (_, requests, context) => handler(requests, context));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => AddServerStreaming(method, Metadata(method), handler is null
            ? Open<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))
            : (_, request, responses, context) => handler(request, responses, context));

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => AddDuplexStreaming(method, Metadata(method), handler is null
            ? Open<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))
            : (_, requests, responses, context) => handler(requests, responses, context));

    public void AddUnary<TRequest, TResponse>(
        Method<TRequest, TResponse> method, IEnumerable<object> metadata, Func<TService, TRequest, ServerCallContext, Task<TResponse>> invoke)
        where TRequest : class
        where TResponse : class
    {
        var handler = new UnaryHandler<TRequest, TResponse>(method, _settings, Chain.Unary(invoke));
        Map(method, metadata, handler.ServeAsync);
        if (ServiceBinding.HasNoSideEffects(typeof(TService), method))
        {
            mapping.MapGet(method, handler.ServeGetAsync, metadata.Append(new GrpcMethodMetadata(typeof(TService), method)));
        }
    }

    public void AddClientStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        IEnumerable<object> metadata,
        Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> invoke)
        where TRequest : class
        where TResponse : class =>
        Map(method, metadata, new ClientStreamingHandler<TRequest, TResponse>(method, _settings, Chain.ClientStreaming(invoke)).ServeAsync);

    public void AddServerStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        IEnumerable<object> metadata,
        Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke)
        where TRequest : class
        where TResponse : class =>
        Map(method, metadata, new ServerStreamingHandler<TRequest, TResponse>(method, _settings, Chain.ServerStreaming(invoke)).ServeAsync);

    public void AddDuplexStreaming<TRequest, TResponse>(
        Method<TRequest, TResponse> method,
        IEnumerable<object> metadata,
        Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke)
        where TRequest : class
        where TResponse : class =>
        Map(method, metadata, new DuplexStreamingHandler<TRequest, TResponse>(method, _settings, Chain.DuplexStreaming(invoke)).ServeAsync);

    public void AddRoute(IMethod method, RoutePattern pattern, IEnumerable<object> metadata, RequestDelegate serve) =>
        mapping.MapRoute(method, pattern, serve, metadata.Append(new GrpcMethodMetadata(typeof(TService), method)));

    private InterceptorChain<TService> Chain => new(_settings.Interceptors, definition is null && !_settings.SuppressCreatingService ? _activator : null);

    private static MethodInfo Find(IMethod method, Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no method for {method.FullName}.");

    private static TDelegate Open<TDelegate>(IMethod method, params Type[] parameters)
        where TDelegate : Delegate => Find(method, parameters).CreateDelegate<TDelegate>();

    private void Map(IMethod method, IEnumerable<object> metadata, RequestDelegate serve)
    {
        mapping.MapMethod(method, serve, metadata.Append(new GrpcMethodMetadata(typeof(TService), method)));
        if (!_settings.IgnoreUnknownServices)
        {
            mapping.MapUnknown(method.ServiceName);
        }
    }

    // Attributes of the class first: those of the method come later and win.
    private IEnumerable<object> Metadata(IMethod method)
    {
        if (definition is not null)
        {
            return [];
        }

        var implementation = typeof(TService).GetMethods().First(m => m.Name == method.Name);
        return [.. typeof(TService).GetCustomAttributes(inherit: true), .. implementation.GetCustomAttributes(inherit: true)];
    }
}
