using System.Collections.Concurrent;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class ActivatorTests
{
    private static readonly Method<SimpleRequest, SimpleResponse> Shout = new(
        MethodType.Unary, "by.hand", "Shout", Marshaller(SimpleRequest.Parser), Marshaller(SimpleResponse.Parser));

    [Test]
    public async Task Own_activator_makes_and_releases_the_service_of_each_call(CancellationToken cancellationToken)
    {
        var activator = new CountingActivator();
        await using var world = await GrpcWorld.StartAsync(
            configure: b => b.Services.AddSingleton<IGrpcServiceActivator<ScriptedService>>(activator));
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        activator.Service.Unary = static (_, _) => throw new RpcException(new Status(StatusCode.NotFound, ""));
        Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(activator.Log, Is.EqualTo(new[] { "made", "released state", "made", "released state" }));
    }

    [Test]
    public async Task Own_activator_makes_and_releases_the_interceptor_of_each_call(CancellationToken cancellationToken)
    {
        var log = new ConcurrentQueue<string>();
        await using var world = await GrpcWorld.StartAsync(
            static o => o.Interceptors.Add<Noter>("argument"),
            b => b.Services.AddSingleton<IGrpcInterceptorActivator<Noter>>(new NoterActivator(log)));
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(log, Is.EqualTo(new[] { "made with argument", "unary", "released" }));
    }

    [Test]
    public async Task Class_without_a_generated_base_is_served_by_its_provider(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(
            configure: static b => b.Services.AddSingleton<IServiceMethodProvider<ByHand>, ByHandProvider>(),
            map: static app => app.MapGrpcService<ByHand>());
        var response = await world.Channel.CreateCallInvoker().AsyncUnaryCall(
            Shout, null, new CallOptions(cancellationToken: cancellationToken), new SimpleRequest { ResponseSize = 7 });
        Assert.That(response.Username, Is.EqualTo("served 7"));
    }

    [Test]
    public async Task Service_that_is_not_to_be_made_is_none(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(
            configure: static b =>
            {
                b.Services.AddSingleton<IServiceMethodProvider<ByHand>, ByHandProvider>();
                b.Services.AddGrpc().AddServiceOptions<ByHand>(static o => o.SuppressCreatingService = true);
            },
            map: static app => app.MapGrpcService<ByHand>());
        var response = await world.Channel.CreateCallInvoker().AsyncUnaryCall(
            Shout, null, new CallOptions(cancellationToken: cancellationToken), new SimpleRequest());
        Assert.That(response.Username, Is.EqualTo("nobody"));
    }

    [Test]
    public async Task Route_of_its_own_is_an_endpoint_of_the_method(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(
            configure: static b => b.Services.AddSingleton<IServiceMethodProvider<ByHand>, ByHandProvider>(),
            map: static app => app.MapGrpcService<ByHand>());
        using var http = new HttpClient { BaseAddress = world.Http1Address };
        Assert.That(await http.GetStringAsync(new Uri("/shout", UriKind.Relative), cancellationToken), Is.EqualTo("by.hand/Shout"));
    }

    [Test]
    public void Class_that_nobody_knows_is_refused() => Assert.ThrowsAsync<InvalidOperationException>(
        () => GrpcWorld.StartAsync(map: static app => app.MapGrpcService<ByHand>()));

    private static Marshaller<T> Marshaller<T>(Google.Protobuf.MessageParser<T> parser)
        where T : Google.Protobuf.IMessage<T> =>
        Marshallers.Create(static m => Google.Protobuf.MessageExtensions.ToByteArray(m), parser.ParseFrom);

    private sealed class CountingActivator : IGrpcServiceActivator<ScriptedService>
    {
        public ScriptedService Service { get; } = new();

        public ConcurrentQueue<string> Log { get; } = new();

        public GrpcActivatorHandle<ScriptedService> Create(IServiceProvider serviceProvider)
        {
            Log.Enqueue("made");
            return new GrpcActivatorHandle<ScriptedService>(Service, created: false, "state");
        }

        public ValueTask ReleaseAsync(GrpcActivatorHandle<ScriptedService> service)
        {
            Log.Enqueue($"released {service.State}");
            return default;
        }
    }

    private sealed class Noter(ConcurrentQueue<string> log) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            log.Enqueue("unary");
            return continuation(request, context);
        }
    }

    private sealed class NoterActivator(ConcurrentQueue<string> log) : IGrpcInterceptorActivator<Noter>
    {
        public GrpcActivatorHandle<Interceptor> Create(IServiceProvider serviceProvider, InterceptorRegistration interceptorRegistration)
        {
            log.Enqueue($"made with {interceptorRegistration.Arguments[0]}");
            return new GrpcActivatorHandle<Interceptor>(new Noter(log), created: true, null);
        }

        public ValueTask ReleaseAsync(GrpcActivatorHandle<Interceptor> interceptor)
        {
            log.Enqueue("released");
            return default;
        }
    }

    private sealed class ByHand
    {
        public string Name { get; } = "served";
    }

    private sealed class ByHandProvider : IServiceMethodProvider<ByHand>
    {
        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ByHand> context)
        {
            context.AddUnaryMethod(Shout, [], static (service, request, _) => Task.FromResult(
                new SimpleResponse { Username = service is null ? "nobody" : $"{service.Name} {request.ResponseSize}" }));
            context.AddMethod(Shout, RoutePatternFactory.Parse("/shout"), [], static http => http.Response.WriteAsync(
                http.GetEndpoint()!.Metadata.GetMetadata<GrpcMethodMetadata>()!.Method.FullName.TrimStart('/'), http.RequestAborted));
        }
    }
}
