using System.Collections.Concurrent;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Hosting;

/// <summary>Order and lives of interceptors and services.</summary>
[CancelAfter(60_000)]
public sealed class InterceptorEdgeTests
{
    [Test]
    public async Task Interceptors_of_all_services_enclose_those_of_one([Values] MethodType shape, CancellationToken cancellationToken)
    {
        var log = new ConcurrentQueue<string>();
        await using var world = await GrpcWorld.StartAsync(
            o =>
            {
                o.Interceptors.Add<Bracket>("all 1", log);
                o.Interceptors.Add<Bracket>("all 2", log);
            },
            b => b.Services.AddGrpc().AddServiceOptions<ScriptedService>(o =>
            {
                o.Interceptors.Add<Bracket>("own 1", log);
                o.Interceptors.Add<Bracket>("own 2", log);
            }));
        switch (shape)
        {
            case MethodType.Unary:
                await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
                break;
            case MethodType.ClientStreaming:
                using (var input = world.Client.StreamingInputCall(cancellationToken: cancellationToken))
                {
                    await input;
                }

                break;
            case MethodType.ServerStreaming:
                using (var output = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken))
                {
                    await output.ResponseStream.MoveNext(cancellationToken);
                }

                break;
            case MethodType.DuplexStreaming:
                using (var duplex = world.Client.FullDuplexCall(cancellationToken: cancellationToken))
                {
                    await duplex.ResponseStream.MoveNext(cancellationToken);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(shape), shape, null);
        }

        Assert.That(log, Is.EqualTo(new[]
        {
            "> all 1", "> all 2", "> own 1", "> own 2", "< own 2", "< own 1", "< all 2", "< all 1",
        }));
    }

    [Test]
    public async Task Interceptor_is_made_for_each_call_and_disposed_after_it(CancellationToken cancellationToken)
    {
        var log = new ConcurrentQueue<string>();
        await using var world = await GrpcWorld.StartAsync(o => o.Interceptors.Add<PerCall>(log));
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await Fleet.Testing.Eventually.TrueAsync(() => log.Count == 6, "both are disposed");
        Assert.That(log.Take(3), Is.EqualTo(new[] { "made", "used", "gone" }));
    }

    [TestCase(ServiceLifetime.Singleton, "1 2 3 4")]
    [TestCase(ServiceLifetime.Scoped, "1 2 1 2")]
    [TestCase(ServiceLifetime.Transient, "1 1 1 1")]
    public async Task Parts_live_as_long_as_the_container_says_and_a_scope_is_a_call(ServiceLifetime lifetime, string values, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(configure: b => b.Services.Add(new ServiceDescriptor(typeof(Count), typeof(Count), lifetime)));
        var seen = new List<int>();
        world.Service.Unary = (_, context) =>
        {
            for (var i = 0; i < 2; i++)
            {
                seen.Add(++context.GetHttpContext().RequestServices.GetRequiredService<Count>().Value);
            }

            return Task.FromResult(Messages.Response());
        };
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(string.Join(' ', seen), Is.EqualTo(values));
    }

    [TestCase(StatusCode.OK)]
    [TestCase(StatusCode.Internal)]
    public async Task Client_interceptor_may_replace_every_part_of_a_call(StatusCode code, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = (_, context) =>
        {
            context.ResponseTrailers.Add("from", "service");
            return code == StatusCode.OK ? Task.FromResult(Messages.Response(1)) : throw new RpcException(new Status(code, "no"));
        };
        var ended = new List<StatusCode>();
        var invoker = world.Channel.Intercept(new Wrapping(ended.Add));
        using var call = new TestService.TestServiceClient(invoker).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        try
        {
            Assert.That((await call).Payload.Body, Has.Length.EqualTo(1));
        }
        catch (RpcException e) when (e.StatusCode == code)
        {
            // As asked.
        }

        Assert.That(ended, Is.EqualTo(new[] { code }));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(code));
        Assert.That(call.GetTrailers().GetValue("from"), Is.EqualTo("service"));
    }

    private sealed class Count
    {
        public int Value { get; set; }
    }

    private sealed class Wrapping(Action<StatusCode> ended) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            var call = continuation(request, context);
            return new AsyncUnaryCall<TResponse>(
                WatchAsync(call), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
        }

        private async Task<TResponse> WatchAsync<TResponse>(AsyncUnaryCall<TResponse> call)
        {
            try
            {
                return await call;
            }
            finally
            {
                ended(call.GetStatus().StatusCode);
            }
        }
    }

    private sealed class PerCall : Interceptor, IDisposable
    {
        private readonly ConcurrentQueue<string> _log;

        public PerCall(ConcurrentQueue<string> log)
        {
            _log = log;
            log.Enqueue("made");
        }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            _log.Enqueue("used");
            return continuation(request, context);
        }

        public void Dispose() => _log.Enqueue("gone");
    }

    private sealed class Bracket(string name, ConcurrentQueue<string> log) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            AroundAsync(() => continuation(request, context));

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
            AroundAsync(() => continuation(requestStream, context));

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
            AroundAsync(async () =>
            {
                await continuation(request, responseStream, context);
                return true;
            });

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
            AroundAsync(async () =>
            {
                await continuation(requestStream, responseStream, context);
                return true;
            });

        private async Task<T> AroundAsync<T>(Func<Task<T>> serve)
        {
            log.Enqueue($"> {name}");
            var result = await serve();
            log.Enqueue($"< {name}");
            return result;
        }
    }
}
