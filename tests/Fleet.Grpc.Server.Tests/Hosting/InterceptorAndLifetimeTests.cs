using System.Collections.Concurrent;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Hosting;

[CancelAfter(60_000)]
public sealed class InterceptorAndLifetimeTests
{
    [Test]
    public async Task Server_interceptors_see_every_shape_in_their_order(CancellationToken cancellationToken)
    {
        var log = new ConcurrentQueue<string>();
        await using var world = await GrpcWorld.StartAsync(
            o =>
            {
                o.Interceptors.Add<Recorder>("outer", log);
                o.Interceptors.Add<Recorder>("inner", log);
            });
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        using var output = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        await output.ResponseStream.MoveNext(cancellationToken);
        using var input = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        await input.RequestStream.CompleteAsync();
        await input;
        using var duplex = world.Client.FullDuplexCall(cancellationToken: cancellationToken);
        await duplex.RequestStream.CompleteAsync();
        await duplex.ResponseStream.MoveNext(cancellationToken);
        Assert.That(log, Is.EqualTo(new[]
        {
            "outer unary", "inner unary", "outer output", "inner output", "outer input", "inner input", "outer duplex", "inner duplex",
        }));
    }

    [Test]
    public async Task Interceptor_of_the_container_is_used_as_it_is(CancellationToken cancellationToken)
    {
        var log = new ConcurrentQueue<string>();
        await using var world = await GrpcWorld.StartAsync(
            static o => o.Interceptors.Add<Recorder>(), b => b.Services.AddSingleton(new Recorder("known", log)));
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(log, Is.EqualTo(new[] { "known unary" }));
    }

    [Test]
    public async Task Client_interceptors_see_the_call_in_their_order(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        string? seen = null;
        world.Service.Unary = (_, context) =>
        {
            seen = string.Join(',', context.RequestHeaders.GetAll("trace").Select(static e => e.Value));
            return Task.FromResult(Messages.Response());
        };
        var invoker = world.Channel.Intercept(new Stamp("a"), new Stamp("b")).Intercept(static headers =>
        {
            headers.Add("trace", "first");
            return headers;
        });
        await new TestService.TestServiceClient(invoker).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        // HttpClient sends the values of one name in one line.
        Assert.That(seen?.Replace(" ", string.Empty, StringComparison.Ordinal), Is.EqualTo("first,a,b"));
    }

    [Test]
    public async Task Service_is_made_for_each_call_in_its_scope_and_disposed_after_it(CancellationToken cancellationToken)
    {
        var log = new ConcurrentQueue<string>();
        await using var world = await GrpcWorld.StartAsync(
            configure: b => b.Services.AddSingleton(log).AddScoped<Scoped>(),
            map: static app => app.MapGrpcService<PerCall>());
        var client = new UnimplementedService.UnimplementedServiceClient(world.Channel);
        await client.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken);
        await client.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken);
        await Fleet.Testing.Eventually.TrueAsync(() => log.Count == 6, "both scopes are disposed");
        Assert.That(log.Where(static l => l == "made"), Has.Exactly(2).Items);
        Assert.That(log.Where(static l => l == "service gone"), Has.Exactly(2).Items);
        Assert.That(log.Where(static l => l == "scope gone"), Has.Exactly(2).Items);
    }

    [Test]
    public async Task Attributes_and_conventions_are_on_the_endpoints()
    {
        await using var world = await GrpcWorld.StartAsync(map: static app => app.MapGrpcService<PerCall>().WithMetadata("convention"));
        var endpoint = world.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Single(static e => e.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName == "/grpc.testing.UnimplementedService/UnimplementedCall");
        Assert.That(endpoint.Metadata.GetMetadata<CategoryAttribute>()?.Name, Is.EqualTo("of the method"));
        Assert.That(endpoint.Metadata.GetMetadata<string>(), Is.EqualTo("convention"));
        Assert.That(endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType, Is.EqualTo(typeof(PerCall)));
    }

    [Test]
    public async Task Unknown_methods_and_services_are_unimplemented(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var service = new UnimplementedService.UnimplementedServiceClient(world.Channel);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await service.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
        failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnimplementedCallAsync(new Empty(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
    }

    [Test]
    public async Task Class_without_a_generated_base_cannot_be_mapped()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        await using var app = builder.Build();
        Assert.That(() => app.MapGrpcService<object>(), Throws.InvalidOperationException.With.Message.Contains("generated service base"));
        await using var bare = WebApplication.CreateSlimBuilder().Build();
        Assert.That(() => bare.MapGrpcService<ScriptedService>(), Throws.InvalidOperationException.With.Message.Contains("AddGrpc"));
    }

    [Test]
    public async Task Context_tells_method_host_peer_and_headers(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var told = new List<string?>();
        world.Service.Unary = (_, context) =>
        {
            context.UserState["key"] = "kept";
            told.AddRange(
            [
                context.Method, context.Host, context.Peer, context.RequestHeaders.GetValue("text"), $"{context.AuthContext.IsPeerAuthenticated}",
                Convert.ToHexString(context.RequestHeaders.GetValueBytes("some-bin")!),
                $"{context.RequestHeaders.Any(static h => h.Key.StartsWith("grpc-", StringComparison.Ordinal))}",
                (string)context.UserState["key"],
            ]);
            return Task.FromResult(Messages.Response());
        };
        var headers = new Metadata { { "text", "value" }, { "some-bin", [1, 2, 3, 4] } };
        await world.Client.UnaryCallAsync(Messages.Request(), headers, cancellationToken: cancellationToken);
        Assert.That(told[0], Is.EqualTo("/grpc.testing.TestService/UnaryCall"));
        Assert.That(told[1], Is.EqualTo($"127.0.0.1:{world.Address.Port}"));
        Assert.That(told[2], Does.Match(@"^ipv4:127\.0\.0\.1:\d+$"));
        Assert.That(told[3..], Is.EqualTo(new[] { "value", "False", "01020304", "False", "kept" }));
    }

    private sealed class Recorder(string name, ConcurrentQueue<string> log) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            log.Enqueue($"{name} unary");
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Enqueue($"{name} input");
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Enqueue($"{name} output");
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            log.Enqueue($"{name} duplex");
            return continuation(requestStream, responseStream, context);
        }
    }

    private sealed class Stamp(string value) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var headers = context.Options.Headers ?? [];
            headers.Add("trace", value);
            return continuation(request, new(context.Method, context.Host, context.Options.WithHeaders(headers)));
        }
    }

    private sealed class Scoped(ConcurrentQueue<string> log) : IDisposable
    {
        public void Dispose() => log.Enqueue("scope gone");
    }

    private sealed class PerCall : UnimplementedService.UnimplementedServiceBase, IDisposable
    {
        private readonly ConcurrentQueue<string> _log;

        public PerCall(Scoped scoped, ConcurrentQueue<string> log)
        {
            ArgumentNullException.ThrowIfNull(scoped);
            _log = log;
            log.Enqueue("made");
        }

        [Category("of the method")]
        public override Task<Empty> UnimplementedCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

        public void Dispose() => _log.Enqueue("service gone");
    }
}
