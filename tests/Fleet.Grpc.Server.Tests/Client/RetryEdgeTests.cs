using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>What bounds retries and hedging: buffers, push-back, attempts, deadlines, cancellation.</summary>
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
        using var call = Client(world, Retry()).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await call;
        Assert.That(told, Is.EqualTo("2"));
        Assert.That((await call.ResponseHeadersAsync).GetValue("grpc-previous-rpc-attempts"), Is.EqualTo("2"));
        using var once = Client(world, Retry()).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
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
        var client = Client(world, Retry(attempts: 3), new GrpcChannelOptions { MaxRetryBufferPerCallSize = 200 });
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
        var client = Client(world, Retry(), new GrpcChannelOptions { MaxRetryBufferSize = 250, MaxRetryBufferPerCallSize = 150 });
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
        await Client(world, Retry(backoff: Long)).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
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
        Assert.ThrowsAsync<RpcException>(async () => await Client(world, Retry()).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
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
        var client = Client(world, hedging ? Hedge(10) : Retry(attempts: 10));
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
        var client = Client(world, Retry(backoff: Long), Clocked(clock));
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
        var client = Client(world, config);
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

    [Test]
    public async Task Hedging_sends_once_what_it_cannot_keep([Values] bool stream, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            Interlocked.Increment(ref calls);
            throw Unavailable();
        };
        world.Service.Input = (_, _) =>
        {
            Interlocked.Increment(ref calls);
            throw Unavailable();
        };
        var client = Client(world, Hedge(4), new GrpcChannelOptions { MaxRetryBufferPerCallSize = 50 });
        using var input = stream ? client.StreamingInputCall(cancellationToken: cancellationToken) : null;
        Assert.ThrowsAsync<RpcException>(async () =>
        {
            await (input?.ResponseAsync ?? Task.FromResult(new StreamingInputCallResponse()));
            await client.UnaryCallAsync(Messages.Request(100), cancellationToken: cancellationToken);
        });
        Assert.That(calls, Is.EqualTo(1));
    }

    [TestCase(StatusCode.Unavailable, 3)]
    [TestCase(StatusCode.InvalidArgument, 1)]
    public async Task Hedging_ends_with_a_failure_that_is_fatal_or_the_last(StatusCode code, int attempts, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) =>
        {
            Interlocked.Increment(ref calls);
            throw new RpcException(new Status(code, "no"));
        };
        var client = Client(world, Hedge(3, Long));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(code));
        Assert.That(calls, Is.EqualTo(attempts), "a failure that is not fatal waits for no delay");
    }

    [Test]
    public async Task Push_back_of_one_attempt_stops_hedging_and_the_others_go_on(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, _) =>
        {
            if (Interlocked.Increment(ref calls) == 2)
            {
                gate.SetResult();
                throw PushedBack(StatusCode.Unavailable, "-1");
            }

            await gate.Task;
            return Messages.Response(9);
        };
        var clock = new TestClock();
        using var call = Client(world, Hedge(5, Long), Clocked(clock)).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await clock.WaitForTimersAsync(1, cancellationToken);
        clock.Advance(Long);
        Assert.That((await call).Payload.Body, Has.Length.EqualTo(9));
        Assert.That(calls, Is.EqualTo(2));
    }

    [Test]
    public async Task Answer_to_one_attempt_does_not_wait_for_the_push_back_of_another(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, _) =>
        {
            if (Interlocked.Increment(ref calls) == 2)
            {
                throw PushedBack(StatusCode.Unavailable, $"{(int)(2 * Long).TotalMilliseconds}");
            }

            await gate.Task;
            return Messages.Response(9);
        };
        var clock = new TestClock();
        using var call = Client(world, Hedge(5, Long), Clocked(clock)).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await clock.WaitForTimersAsync(1, cancellationToken);
        clock.Advance(Long);

        // The pause that the failed attempt asks for, and the one that it replaces.
        await clock.WaitForTimersAsync(2, cancellationToken);
        gate.SetResult();
        Assert.That((await call).Payload.Body, Has.Length.EqualTo(9));
        Assert.That(calls, Is.EqualTo(2));
        await Eventually.TrueAsync(() => clock.ArmedTimers == 0, "nothing is left waiting");
    }

    [Test]
    public async Task Throttling_that_begins_during_a_pause_ends_the_call_with_its_last_failure(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        world.Service.Unary = (_, _) => throw PushedBack(
            StatusCode.Unavailable, Interlocked.Increment(ref calls) == 1 ? $"{(int)Long.TotalMilliseconds}" : "-1");
        var clock = new TestClock();
        var config = Hedge(3, 2 * Long);
        config.RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 4, TokenRatio = 1 };
        var client = Client(world, config, Clocked(clock));
        using var first = client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);

        // The delay of the policy and the push-back that replaces it.
        await clock.WaitForTimersAsync(2, cancellationToken);
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        clock.Advance(Long);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await first);
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.Unavailable, "not yet")));
        Assert.That(calls, Is.EqualTo(2));
    }

    private static RpcException Unavailable() => new(new Status(StatusCode.Unavailable, "not yet"));

    private static RpcException PushedBack(StatusCode code, string milliseconds) =>
        new(new Status(code, "not yet"), new Metadata { { "grpc-retry-pushback-ms", milliseconds } });

    private static GrpcChannelOptions Clocked(TestClock clock) =>
        new() { ServiceProvider = new ServiceCollection().AddSingleton<TimeProvider>(clock).BuildServiceProvider() };

    private static GrpcChannelOptions Options(ServiceConfig config, GrpcChannelOptions? options)
    {
        options ??= new GrpcChannelOptions();
        options.ServiceConfig = config;
        return options;
    }

    private static TestService.TestServiceClient Client(GrpcWorld world, ServiceConfig config, GrpcChannelOptions? options = null) =>
        new(world.NewChannel(Options(config, options)));

    private static ServiceConfig Retry(int attempts = 5, TimeSpan? backoff = null) => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = attempts,
                    InitialBackoff = backoff ?? TimeSpan.FromMilliseconds(1),
                    MaxBackoff = backoff ?? TimeSpan.FromMilliseconds(5),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
    };

    private static ServiceConfig Hedge(int attempts, TimeSpan? delay = null) => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                HedgingPolicy = new HedgingPolicy { MaxAttempts = attempts, HedgingDelay = delay, NonFatalStatusCodes = { StatusCode.Unavailable } },
            },
        },
    };
}
