using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Makes an endpoint of each method that generated code lists.</summary>
/// <param name="mapping">Takes the endpoints.</param>
/// <param name="definition">The instance of a service that is not made per call; null = made per call.</param>
internal sealed class ServiceBinder<[DynamicallyAccessedMembers(ServiceBinding.Members)] TService>(
    EndpointMapping mapping, ServerServiceDefinition? definition) : ServiceBinderBase
    where TService : class
{
    private readonly MethodSettings _settings = MethodSettings.For<TService>(mapping.Services);
    private readonly ServiceActivator<TService> _activator = new();

    public GrpcServiceEndpointConventionBuilder Built() => new(mapping.Methods);

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = handler is null
            ? Open<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method, typeof(TRequest), typeof(ServerCallContext))
            : (_, request, context) => handler(request, context);
        var chain = new InterceptorChain<TService>(_settings.Interceptors, Activator).Unary(invoke);
        Map(method, new UnaryHandler<TRequest, TResponse>(method, _settings, chain).ServeAsync);
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = handler is null
            ? Open<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext))
            : (_, requests, context) => handler(requests, context);
        var chain = new InterceptorChain<TService>(_settings.Interceptors, Activator).ClientStreaming(invoke);
        Map(method, new ClientStreamingHandler<TRequest, TResponse>(method, _settings, chain).ServeAsync);
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = handler is null
            ? Open<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))
            : (_, request, responses, context) => handler(request, responses, context);
        var chain = new InterceptorChain<TService>(_settings.Interceptors, Activator).ServerStreaming(invoke);
        Map(method, new ServerStreamingHandler<TRequest, TResponse>(method, _settings, chain).ServeAsync);
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var invoke = handler is null
            ? Open<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))
            : (_, requests, responses, context) => handler(requests, responses, context);
        var chain = new InterceptorChain<TService>(_settings.Interceptors, Activator).DuplexStreaming(invoke);
        Map(method, new DuplexStreamingHandler<TRequest, TResponse>(method, _settings, chain).ServeAsync);
    }

    private ServiceActivator<TService>? Activator => definition is null ? _activator : null;

    private static MethodInfo Find(IMethod method, Type[] parameters) =>
        typeof(TService).GetMethod(method.Name, BindingFlags.Public | BindingFlags.Instance, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no method for {method.FullName}.");

    private static TDelegate Open<TDelegate>(IMethod method, params Type[] parameters)
        where TDelegate : Delegate => Find(method, parameters).CreateDelegate<TDelegate>();

    private void Map(IMethod method, RequestDelegate serve)
    {
        mapping.MapMethod(method, serve, Metadata(method));
        if (!_settings.IgnoreUnknownServices)
        {
            mapping.MapUnknown(method.ServiceName);
        }
    }

    // Attributes of the class first: those of the method come later and win.
    private IEnumerable<object> Metadata(IMethod method)
    {
        if (definition is null)
        {
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true))
            {
                yield return attribute;
            }

            var implementation = typeof(TService).GetMethods().First(m => m.Name == method.Name);
            foreach (var attribute in implementation.GetCustomAttributes(inherit: true))
            {
                yield return attribute;
            }
        }

        yield return new GrpcMethodMetadata(typeof(TService), method);
    }
}
