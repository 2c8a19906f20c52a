using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Calls;

/// <summary>Reads and writes that are given up, or come after the end.</summary>
[CancelAfter(60_000)]
public sealed class StreamEndTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task Write_after_the_method_is_an_error(bool wroteBefore, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var kept = new TaskCompletionSource<IServerStreamWriter<StreamingOutputCallResponse>>();
        world.Service.Output = async (responses, _) =>
        {
            if (wroteBefore)
            {
                await responses.WriteAsync(new StreamingOutputCallResponse(), cancellationToken);
            }

            kept.SetResult(responses);
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
        }

        var writer = await kept.Task;
        Assert.That(async () => await writer.WriteAsync(new StreamingOutputCallResponse(), cancellationToken), Throws.InstanceOf<InvalidOperationException>());
    }

    [Test]
    public async Task Read_after_the_method_is_an_error(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var kept = new TaskCompletionSource<IAsyncStreamReader<StreamingInputCallRequest>>();
        world.Service.Input = (requests, _) =>
        {
            kept.SetResult(requests);
            return Task.FromResult(new StreamingInputCallResponse());
        };
        using var call = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        await call;
        var reader = await kept.Task;
        Assert.That(async () => await reader.MoveNext(cancellationToken), Throws.InstanceOf<InvalidOperationException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Write_that_the_service_gives_up_cancels_the_call(bool before, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var thrown = new TaskCompletionSource<CancellationToken>();
        using var given = new CancellationTokenSource();
        world.Service.Output = async (responses, _) =>
        {
            if (before)
            {
                await given.CancelAsync();
            }
            else
            {
                given.CancelAfter(TimeSpan.FromMilliseconds(50));
            }

            try
            {
                while (true)
                {
                    // Nobody reads: a write comes to wait.
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Messages.Payload(100_000) }, given.Token);
                }
            }
            catch (OperationCanceledException e)
            {
                thrown.SetResult(e.CancellationToken);
                throw;
            }
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That(await thrown.Task.WaitAsync(cancellationToken), Is.EqualTo(given.Token));
        var failure = Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
            }
        });
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Cancellation_is_told_with_the_token_that_caused_it(bool whileRunning, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            return Messages.Response();
        };
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true }));
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!whileRunning)
        {
            await source.CancelAsync();
        }

        using var call = client.UnaryCallAsync(Messages.Request(), cancellationToken: source.Token);
        await source.CancelAsync();
        var failure = Assert.CatchAsync<OperationCanceledException>(async () => await call)!;
        Assert.That(failure.CancellationToken, Is.EqualTo(source.Token));
        Assert.That((failure.InnerException as RpcException)?.StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }

    [Test]
    public async Task Read_that_is_cancelled_tells_its_own_token(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        var client = new TestService.TestServiceClient(world.NewChannel(new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = true }));
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var moved = call.ResponseStream.MoveNext(source.Token);
        await source.CancelAsync();
        var failure = Assert.CatchAsync<OperationCanceledException>(async () => await moved)!;
        Assert.That(failure.CancellationToken, Is.EqualTo(source.Token));
    }
}
