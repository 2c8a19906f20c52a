using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using static Fleet.Grpc.Server.Tests.Support.Repeating;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>A call that is sent again before it has failed.</summary>
[CancelAfter(60_000)]
public sealed class HedgingTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Test]
    public async Task Hedging_takes_the_first_answer_and_cancels_the_rest(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var calls = 0;
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                context.CancellationToken.Register(() => cancelled.TrySetResult());
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }

            return Messages.Response(8);
        };
        var response = await ClientOf(world, Hedge(3, TimeSpan.FromMilliseconds(20))).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(response.Payload.Body, Has.Length.EqualTo(8));
        await cancelled.Task.WaitAsync(cancellationToken);
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
        var client = ClientOf(world, Hedge(4), new GrpcChannelOptions { MaxRetryBufferPerCallSize = 50 });
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
        var client = ClientOf(world, Hedge(3, Long));
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
        using var call = ClientOf(world, Hedge(5, Long), Clocked(clock)).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
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
        using var call = ClientOf(world, Hedge(5, Long), Clocked(clock)).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
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
        var client = ClientOf(world, config, Clocked(clock));
        using var first = client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);

        // The delay of the policy and the push-back that replaces it.
        await clock.WaitForTimersAsync(2, cancellationToken);
        Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken));
        clock.Advance(Long);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await first);
        Assert.That(failure.Status, Is.EqualTo(new Status(StatusCode.Unavailable, "not yet")));
        Assert.That(calls, Is.EqualTo(2));
    }
}
