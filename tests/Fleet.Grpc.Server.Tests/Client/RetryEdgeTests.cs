using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using static Fleet.Grpc.Server.Tests.Support.Repeating;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>What bounds retries: buffers, push-back, attempts, deadlines, cancellation.</summary>
[CancelAfter(60_000)]
public sealed class RetryEdgeTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Test]
    public async Task Both_sides_are_told_how_often_it_was_tried_before(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        string? told = null;
        world.Service.Unary = (_, context) =>
        {
            told = context.RequestHeaders.GetValue("grpc-previous-rpc-attempts");
            return ++calls < 3 ? throw Unavailable() : Task.FromResult(Messages.Response());
        };
        using var call = ClientOf(world, Retry()).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await call;
        Assert.That(told, Is.EqualTo("2"));
        Assert.That((await call.ResponseHeadersAsync).GetValue("grpc-previous-rpc-attempts"), Is.EqualTo("2"));
        using var once = ClientOf(world, Retry()).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await once;
        Assert.That(told, Is.Null);
        Assert.That((await once.ResponseHeadersAsync).GetValue("grpc-previous-rpc-attempts"), Is.Null);
    }

    [TestCase(100, 3)]
    [TestCase(300, 1)]
    public async Task Request_that_is_too_large_to_keep_is_not_repeated(int size, int attempts, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            calls++;
            throw Unavailable();
        };
        var client = ClientOf(world, Retry(attempts: 3), new GrpcChannelOptions { MaxRetryBufferPerCallSize = 200 });
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(size), cancellationToken: cancellationToken));
        Assert.That(calls, Is.EqualTo(attempts));
    }

    [Test]
    public async Task Calls_of_a_channel_share_what_it_keeps_and_give_it_back(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var waiting = 0;
        var failures = 0;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            if (context.RequestHeaders.Get("grpc-previous-rpc-attempts") is not null)
            {
                return Messages.Response();
            }

            Interlocked.Increment(ref waiting);
            await gate.Task;
            Interlocked.Increment(ref failures);
            throw Unavailable();
        };
        var client = ClientOf(world, Retry(), new GrpcChannelOptions { MaxRetryBufferSize = 250, MaxRetryBufferPerCallSize = 150 });
        for (var round = 1; round <= 2; round++)
        {
            gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = 0;
            var calls = new List<Task<SimpleResponse>>();
            for (var i = 0; i < 3; i++)
            {
                calls.Add(client.UnaryCallAsync(Messages.Request(100), cancellationToken: cancellationToken).ResponseAsync);
                var sent = i + 1;
                await Eventually.TrueAsync(() => Volatile.Read(ref waiting) == sent, "the call has arrived");
            }

            gate.SetResult();
            await calls[0];
            await calls[1];
            Assert.That(Assert.ThrowsAsync<RpcException>(async () => await calls[2]).StatusCode, Is.EqualTo(StatusCode.Unavailable), "no room for a third");
        }
    }

    [Test]
    public async Task Push_back_asks_for_another_attempt_whatever_the_code(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) => ++calls < 2 ? throw PushedBack(StatusCode.InvalidArgument, "0") : Task.FromResult(Messages.Response());
        await ClientOf(world, Retry(backoff: Long)).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(calls, Is.EqualTo(2));
    }

    [Test]
    public async Task Push_back_that_is_no_number_stops([Values("stop", "1.5")] string text, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            calls++;
            throw PushedBack(StatusCode.Unavailable, text);
        };
        Assert.ThrowsAsync<RpcException>(async () => await ClientOf(world, Retry()).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(calls, Is.EqualTo(1));
    }

    [Test]
    public async Task Attempts_are_bounded_by_the_channel([Values] bool hedging, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            Interlocked.Increment(ref calls);
            throw Unavailable();
        };
        var client = ClientOf(world, hedging ? Hedge(10) : Retry(attempts: 10));
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(calls, Is.EqualTo(5), "unless the channel is told otherwise");
    }

    [Test]
    public async Task Deadline_ends_the_pause_between_attempts([Values] bool streaming, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RpcException Fail()
        {
            calls++;
            called.TrySetResult();
            return PushedBack(StatusCode.Unavailable, $"{(int)Long.TotalMilliseconds}");
        }

        world.Service.Unary = (_, _) => throw Fail();
        world.Service.Duplex = (_, _, _) => throw Fail();
        var clock = new TestClock();
        var client = ClientOf(world, Retry(backoff: Long), Clocked(clock));
        var deadline = clock.GetUtcNow().UtcDateTime.AddMinutes(5);
        using var unary = streaming ? null : client.UnaryCallAsync(Messages.Request(), deadline: deadline, cancellationToken: cancellationToken);
        using var duplex = streaming ? client.FullDuplexCall(deadline: deadline, cancellationToken: cancellationToken) : null;

        // The deadline and the pause.
        await clock.WaitForTimersAsync(2, cancellationToken);
        clock.Advance(TimeSpan.FromMinutes(5));
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
        {
            await (unary?.ResponseAsync ?? Task.CompletedTask);
            await duplex!.ResponseStream.MoveNext(CancellationToken.None);
        });
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(unary?.GetStatus().StatusCode ?? duplex!.GetStatus().StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        if (duplex is not null)
        {
            failure = Assert.ThrowsAsync<RpcException>(async () => await duplex.RequestStream.WriteAsync(new StreamingOutputCallRequest(), cancellationToken));
            Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        }

        Assert.That(calls, Is.EqualTo(1));
    }

    [TestCase("token", "Call canceled by the client.")]
    [TestCase("call", "gRPC call disposed.")]
    [TestCase("channel", "gRPC call disposed.")]
    public async Task Cancellation_ends_the_pause_between_attempts(string what, string detail, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw PushedBack(StatusCode.Unavailable, $"{(int)Long.TotalMilliseconds}");
        var clock = new TestClock();
        var channel = world.NewChannel(Options(Retry(), Clocked(clock)));
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: source.Token);
        await clock.WaitForTimersAsync(1, cancellationToken);
        switch (what)
        {
            case "token":
                await source.CancelAsync();
                break;
            case "call":
                call.Dispose();
                break;
            default:
                channel.Dispose();
                break;
        }

        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseAsync);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(failure.Status.Detail, Is.EqualTo(detail));
    }

    [Test]
    public async Task Call_that_fails_after_its_first_message_gives_no_token_back(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            calls++;
            throw Unavailable();
        };
        var succeeds = false;
        world.Service.Output = async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            if (!succeeds)
            {
                throw new RpcException(new Status(StatusCode.Aborted, "torn"));
            }
        };
        var config = Retry();
        config.RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 4, TokenRatio = 1 };
        var client = ClientOf(world, config);
        Assert.That(await CallsAsync(), Is.EqualTo(2), "until half the bucket is empty");
        await StreamAsync();
        await StreamAsync();
        Assert.That(await CallsAsync(), Is.EqualTo(1), "still throttled");
        succeeds = true;
        await StreamAsync();
        await StreamAsync();
        await StreamAsync();
        Assert.That(await CallsAsync(), Is.EqualTo(2), "successes fill the bucket");

        async Task<int> CallsAsync()
        {
            calls = 0;
            try
            {
                await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                // As asked.
            }

            return calls;
        }

        async Task StreamAsync()
        {
            using var call = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
            try
            {
                while (await call.ResponseStream.MoveNext(cancellationToken))
                {
                }
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
            {
                // As asked.
            }
        }
    }
}
