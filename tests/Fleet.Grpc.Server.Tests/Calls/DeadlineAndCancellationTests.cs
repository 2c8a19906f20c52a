using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Calls;

[CancelAfter(60_000)]
public sealed class DeadlineAndCancellationTests
{
    [Test]
    public async Task Service_sees_the_deadline_of_the_client(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        DateTime? seen = null;
        world.Service.Unary = (_, context) =>
        {
            seen = context.Deadline;
            return Task.FromResult(Messages.Response());
        };
        var deadline = Messages.In(TimeSpan.FromMinutes(7));
        await world.Client.UnaryCallAsync(Messages.Request(), deadline: deadline, cancellationToken: cancellationToken);
        Assert.That(seen, Is.EqualTo(deadline).Within(TimeSpan.FromSeconds(10)));
        await world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(seen, Is.EqualTo(DateTime.MaxValue));
    }

    [Test]
    public async Task Deadline_on_the_server_ends_the_call_while_the_service_ignores_it(CancellationToken cancellationToken)
    {
        var clock = new TestClock();
        await using var world = await GrpcWorld.StartAsync(configure: b => b.Services.AddSingleton<TimeProvider>(clock));
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            context.CancellationToken.Register(() => cancelled.TrySetResult());
            await release.Task;
            return Messages.Response();
        };

        // The client's own clock never fires: the status is the server's.
        using var call = world.Client.UnaryCallAsync(
            Messages.Request(), new Metadata(), Messages.In(TimeSpan.FromHours(1)), cancellationToken);
        await clock.WaitForTimersAsync(1, cancellationToken);
        clock.Advance(TimeSpan.FromHours(2));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseAsync);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        await cancelled.Task.WaitAsync(cancellationToken);
        release.SetResult();
    }

    [Test]
    public async Task Deadline_in_the_middle_of_a_stream_follows_what_was_sent(CancellationToken cancellationToken)
    {
        var clock = new TestClock();
        await using var world = await GrpcWorld.StartAsync(configure: b => b.Services.AddSingleton<TimeProvider>(clock));
        world.Service.Output = static async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var call = world.Client.StreamingOutputCall(
            new StreamingOutputCallRequest(), new Metadata(), Messages.In(TimeSpan.FromHours(1)), cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        clock.Advance(TimeSpan.FromHours(2));
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public async Task Deadline_on_the_client_ends_a_call_that_is_not_answered(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(
            Messages.Request(), deadline: Messages.In(TimeSpan.FromMilliseconds(50)), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public async Task Deadline_in_the_past_makes_no_call(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var called = false;
        world.Service.Unary = (_, _) =>
        {
            called = true;
            return Task.FromResult(Messages.Response());
        };
        var failure = Assert.ThrowsAsync<RpcException>(async () => await world.Client.UnaryCallAsync(
            Messages.Request(), deadline: Messages.In(TimeSpan.FromSeconds(-1)), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(called, Is.False);
    }

    [Test]
    public async Task Cancelling_the_client_cancels_the_service([Values] MethodType shape, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task WaitAsync(ServerCallContext context)
        {
            began.TrySetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }
            finally
            {
                ended.TrySetResult(context.CancellationToken.IsCancellationRequested);
            }
        }

        world.Service.Unary = async (_, context) =>
        {
            await WaitAsync(context);
            return Messages.Response();
        };
        world.Service.Input = async (_, context) =>
        {
            await WaitAsync(context);
            return new StreamingInputCallResponse();
        };
        world.Service.Output = (_, context) => WaitAsync(context);
        world.Service.Duplex = (_, _, context) => WaitAsync(context);

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failure = FailureOfAsync(world, shape, cancel.Token);
        await began.Task.WaitAsync(cancellationToken);
        await cancel.CancelAsync();
        Assert.That((await failure).StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(await ended.Task.WaitAsync(cancellationToken), Is.True);
    }

    [Test]
    public async Task Disposing_a_call_cancels_it(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Output = async (responses, context) =>
        {
            context.CancellationToken.Register(() => ended.TrySetResult());
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            await ended.Task;
        };
        using (var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken))
        {
            Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        }

        await ended.Task.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task Disposing_the_channel_ends_its_calls(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            began.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await began.Task.WaitAsync(cancellationToken);
        world.Channel.Dispose();
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await call).StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(() => world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Propagation_token_hands_deadline_and_cancellation_on(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var inner = new TaskCompletionSource<DateTime>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Output = async (_, context) =>
        {
            inner.TrySetResult(context.Deadline);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        world.Service.Unary = async (_, context) =>
        {
            using var call = world.Client.StreamingOutputCall(
                new StreamingOutputCallRequest(), new CallOptions(propagationToken: context.CreatePropagationToken()));
            await call.ResponseStream.MoveNext(CancellationToken.None);
            return Messages.Response();
        };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var deadline = Messages.In(TimeSpan.FromMinutes(5));
        using var outer = world.Client.UnaryCallAsync(Messages.Request(), new Metadata(), deadline, cancel.Token);
        Assert.That(await inner.Task.WaitAsync(cancellationToken), Is.EqualTo(deadline).Within(TimeSpan.FromSeconds(10)));
        await cancel.CancelAsync();
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await outer).StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }

    private static async Task<RpcException> FailureOfAsync(GrpcWorld world, MethodType shape, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(world.Client, shape, cancellationToken);
        }
        catch (RpcException e)
        {
            return e;
        }

        throw new AssertionException("The call succeeded.");
    }

    private static async Task CallAsync(TestService.TestServiceClient client, MethodType shape, CancellationToken cancellationToken)
    {
        switch (shape)
        {
            case MethodType.Unary:
                await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
                break;
            case MethodType.ClientStreaming:
                using (var input = client.StreamingInputCall(cancellationToken: cancellationToken))
                {
                    await input;
                }

                break;
            case MethodType.ServerStreaming:
                using (var output = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken))
                {
                    await output.ResponseStream.MoveNext(CancellationToken.None);
                }

                break;
            case MethodType.DuplexStreaming:
                using (var duplex = client.FullDuplexCall(cancellationToken: cancellationToken))
                {
                    await duplex.ResponseStream.MoveNext(CancellationToken.None);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(shape), shape, null);
        }
    }
}
