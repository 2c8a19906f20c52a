using System.Collections.Concurrent;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using static Fleet.Grpc.Server.Tests.Support.Repeating;

namespace Fleet.Grpc.Server.Tests.Client;

[CancelAfter(60_000)]
public sealed class RetryTests
{
    [Test]
    public async Task Retryable_failure_is_followed_by_another_attempt(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var attempts = new ConcurrentQueue<string?>();
        world.Service.Unary = (_, context) =>
        {
            attempts.Enqueue(context.GetHttpContext().Request.Headers["grpc-previous-rpc-attempts"]);
            return attempts.Count < 3 ? throw Unavailable() : Task.FromResult(Messages.Response(4));
        };
        var response = await ClientOf(world, Retry(service: "grpc.testing.TestService")).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(response.Payload.Body, Has.Length.EqualTo(4));
        Assert.That(attempts, Is.EqualTo(new[] { null, "1", "2" }));
    }

    [Test]
    public async Task Attempts_end_at_their_number_and_at_other_codes(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        var code = StatusCode.Unavailable;
        world.Service.Unary = (_, _) =>
        {
            calls++;
            throw new RpcException(new Status(code, "no"));
        };
        var client = ClientOf(world, Retry(3));
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken)).StatusCode, Is.EqualTo(code));
        Assert.That(calls, Is.EqualTo(3));
        code = StatusCode.NotFound;
        calls = 0;
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public async Task Push_back_says_when_and_whether([Values("1", "-1")] string milliseconds, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) => ++calls < 2
            ? throw new RpcException(new Status(StatusCode.Unavailable, "no"), new Metadata { { "grpc-retry-pushback-ms", milliseconds } })
            : Task.FromResult(Messages.Response());
        var call = ClientOf(world, Retry(3, TimeSpan.FromHours(1))).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        if (milliseconds == "1")
        {
            await call;
            Assert.That(calls, Is.EqualTo(2), "an hour of backoff was not waited for");
        }
        else
        {
            Assert.ThrowsAsync<RpcException>(async () => await call);
            Assert.That(calls, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Request_stream_is_sent_again_from_its_start(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Input = async (requests, context) =>
        {
            var first = ++calls < 2;
            var sum = 0;
            while (await requests.MoveNext(context.CancellationToken))
            {
                sum += requests.Current.Payload.Body.Length;
                if (first && sum > 3)
                {
                    throw Unavailable();
                }
            }

            return new StreamingInputCallResponse { AggregatedPayloadSize = sum };
        };
        using var call = ClientOf(world, Retry(3)).StreamingInputCall(cancellationToken: cancellationToken);
        for (var i = 1; i <= 100; i++)
        {
            await call.RequestStream.WriteAsync(Messages.Input(i), cancellationToken);
        }

        await call.RequestStream.CompleteAsync();
        Assert.That((await call).AggregatedPayloadSize, Is.EqualTo(5050));
        Assert.That(calls, Is.EqualTo(2));
    }

    [Test]
    public async Task Call_is_committed_by_the_first_response(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Output = async (responses, context) =>
        {
            calls++;
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            throw Unavailable();
        };
        using var call = ClientOf(world, Retry(3)).StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(cancellationToken));
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public async Task Throttling_stops_retries_of_the_channel(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            calls++;
            throw Unavailable();
        };
        var config = Retry(5);
        config.RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 4, TokenRatio = 0.1 };
        var client = ClientOf(world, config);
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(calls, Is.EqualTo(2), "two of four tokens are half the bucket");
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(calls, Is.EqualTo(3));
    }

    [Test]
    public async Task Waiting_for_ready_outlasts_a_server_that_is_not_there_yet(CancellationToken cancellationToken)
    {
        var port = Peers.RubyTests.FreePort();
        using var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{port}", new GrpcChannelOptions { InitialReconnectBackoff = TimeSpan.FromMilliseconds(20) });
        var client = new TestService.TestServiceClient(channel);
        var call = client.EmptyCallAsync(new Empty(), new CallOptions(cancellationToken: cancellationToken).WithWaitForReady());
        await using var server = Conformance.InteropHost.Build(port, null);
        await server.StartAsync(cancellationToken);
        await call;
    }

    [Test]
    public void Policy_without_its_numbers_is_refused()
    {
        var config = new ServiceConfig
        {
            MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = new RetryPolicy { MaxAttempts = 1 } } },
        };
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { ServiceConfig = config });
        var client = new TestService.TestServiceClient(channel);
        Assert.That(() => client.EmptyCallAsync(new Empty()), Throws.InvalidOperationException.With.Message.Contains("MaxAttempts"));
    }
}
