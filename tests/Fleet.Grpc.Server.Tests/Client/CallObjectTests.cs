using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>What a call tells and refuses, underway, at its end and after it.</summary>
[CancelAfter(60_000)]
public sealed class CallObjectTests
{
    [Test]
    public async Task Nothing_is_written_after_the_end_of_the_requests(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var call = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        await call.RequestStream.CompleteAsync();
        Assert.That(WriteAsync, Throws.InvalidOperationException.With.Message.EqualTo("Request stream has already been completed."));
        await call;
        Assert.That(WriteAsync, Throws.InvalidOperationException, "whatever became of the call");
        await call.RequestStream.CompleteAsync();

        Task WriteAsync() => call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
    }

    [Test]
    public async Task Write_with_a_cancelled_token_ends_the_call([Values] bool asCancellation, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var (began, ended) = ServeUntilCancelled(world);
        var client = Client(world, asCancellation);
        using var call = client.StreamingInputCall(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        await began.WaitAsync(cancellationToken);
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        var failure = Assert.CatchAsync(async () => await call.RequestStream.WriteAsync(Messages.Input(1), given.Token));
        ExpectCancelled(failure, asCancellation, given.Token);
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.Cancelled));
        await ended.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task Write_that_is_given_up_ends_the_call([Values] bool asCancellation, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(static o => o.MaxReceiveMessageSize = null);
        var (began, ended) = ServeUntilCancelled(world);
        var client = Client(world, asCancellation);
        using var call = client.StreamingInputCall(cancellationToken: cancellationToken);
        using var given = new CancellationTokenSource();

        // More than the windows of HTTP/2 take: nobody reads, so one of the first writes has to wait.
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        await began.WaitAsync(cancellationToken);
        Task written;
        do
        {
            written = call.RequestStream.WriteAsync(Messages.Input(1 << 20), given.Token);
        }
        while (written.IsCompletedSuccessfully);
        await given.CancelAsync();
        var failure = Assert.CatchAsync(async () =>
        {
            await written;
            while (true)
            {
                await call.RequestStream.WriteAsync(Messages.Input(1 << 20), given.Token);
            }
        });
        ExpectCancelled(failure, asCancellation, given.Token);
        await ended.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task Second_read_before_the_first_completes_is_refused(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Output = async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            await release.Task;
            await responses.WriteAsync(Messages.Output(2), context.CancellationToken);
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        var pending = call.ResponseStream.MoveNext(CancellationToken.None);
        Assert.That(
            async () => await call.ResponseStream.MoveNext(CancellationToken.None),
            Throws.InvalidOperationException.With.Message.EqualTo("Can't read the next message because the previous read is still in progress."));
        release.SetResult();
        Assert.That(await pending, Is.True);
        Assert.That(call.ResponseStream.Current.Payload.Body, Has.Length.EqualTo(2));
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False);
    }

    [Test]
    public async Task Current_message_is_none_before_the_first_and_after_the_last(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Duplex = static async (requests, responses, context) =>
        {
            Assert.That(requests.Current, Is.Null);
            while (await requests.MoveNext(context.CancellationToken))
            {
                await responses.WriteAsync(Messages.Output(requests.Current.Payload.Body.Length), context.CancellationToken);
            }

            Assert.That(requests.Current, Is.Null);
        };
        using var call = world.Client.FullDuplexCall(cancellationToken: cancellationToken);
        Assert.That(call.ResponseStream.Current, Is.Null);
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Messages.Payload(3) }, cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        Assert.That(call.ResponseStream.Current.Payload.Body, Has.Length.EqualTo(3));
        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False);
        Assert.That(call.ResponseStream.Current, Is.Null);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False, "the end stays the end");
    }

    [Test]
    public async Task Disposed_call_is_cancelled_and_can_be_used_no_more(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Duplex = static (_, _, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        var call = world.Client.FullDuplexCall(cancellationToken: cancellationToken);
        var pending = call.ResponseStream.MoveNext(cancellationToken);
        call.Dispose();
        var failure = Assert.ThrowsAsync<RpcException>(async () => await pending);
        Assert.That(failure.Status.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(failure.Status.Detail, Is.EqualTo("gRPC call disposed."));
        Assert.That(call.GetStatus(), Is.EqualTo(failure.Status));
        Assert.That(async () => await call.ResponseStream.MoveNext(cancellationToken), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await call.RequestStream.WriteAsync(new StreamingOutputCallRequest(), cancellationToken), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await call.RequestStream.CompleteAsync(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Status_and_trailers_are_there_once_the_outcome_is(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Unary = async (_, context) =>
        {
            await release.Task;
            context.ResponseTrailers.Add("after", "all");
            return Messages.Response();
        };
        using var call = world.Client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        Assert.That(call.GetStatus, Throws.InvalidOperationException.With.Message.EqualTo("Unable to get the status because the call is not complete."));
        Assert.That(
            call.GetTrailers,
            Throws.InvalidOperationException.With.Message.EqualTo("Can't get the call trailers because the call has not completed successfully."));
        release.SetResult();
        var response = await call;
        Assert.That(await call.ResponseAsync, Is.SameAs(response), "a response can be awaited again");
        var trailers = call.GetTrailers();
        var headers = await call.ResponseHeadersAsync;
        Assert.That(trailers.GetValue("after"), Is.EqualTo("all"));
        Assert.That(call.GetTrailers(), Is.SameAs(trailers));
        Assert.That(await call.ResponseHeadersAsync, Is.SameAs(headers));
    }

    [Test]
    public async Task Cancelled_and_failed_calls_have_no_trailers(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            await responses.WriteAsync(Messages.Output(1), context.CancellationToken);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        };
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var cancelled = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: source.Token);
        Assert.That(await cancelled.ResponseStream.MoveNext(CancellationToken.None), Is.True);
        await source.CancelAsync();
        var failure = Assert.ThrowsAsync<RpcException>(async () => await cancelled.ResponseStream.MoveNext(CancellationToken.None));
        Assert.That(failure.Trailers, Is.Empty);
        Assert.That(cancelled.GetTrailers, Throws.InvalidOperationException);

        using var nobody = GrpcChannel.ForAddress($"http://127.0.0.1:{Peers.RubyTests.FreePort()}");
        using var failed = new TestService.TestServiceClient(nobody).EmptyCallAsync(new Empty(), cancellationToken: cancellationToken);
        Assert.ThrowsAsync<RpcException>(async () => await failed);
        Assert.That(failed.GetTrailers, Throws.InvalidOperationException);
    }

    [Test]
    public async Task Refusal_before_any_message_has_its_trailers_in_the_headers(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "gone"), new Metadata { { "why", "sold" } });
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That((await call.ResponseHeadersAsync).GetValue("why"), Is.EqualTo("sold"));
        Assert.ThrowsAsync<RpcException>(async () => await call.ResponseStream.MoveNext(cancellationToken));
        Assert.That(call.GetTrailers().GetValue("why"), Is.EqualTo("sold"));
    }

    [Test]
    public async Task Cancellation_is_in_headers_and_status_too(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static (_, context) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = Client(world, asCancellation: true).StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: source.Token);
        var headers = call.ResponseHeadersAsync;
        await source.CancelAsync();
        var failure = Assert.CatchAsync<OperationCanceledException>(async () => await headers)!;
        Assert.That(failure.CancellationToken, Is.EqualTo(source.Token));
        Assert.That(call.GetStatus().Detail, Is.EqualTo("Call canceled by the client."));
        Assert.That((call.GetStatus().DebugException as OperationCanceledException)?.CancellationToken, Is.EqualTo(source.Token));
    }

    [TestCase(MethodType.Unary, StatusCode.DeadlineExceeded, true)]
    [TestCase(MethodType.ServerStreaming, StatusCode.DeadlineExceeded, true)]
    [TestCase(MethodType.ServerStreaming, StatusCode.Cancelled, true)]
    [TestCase(MethodType.Unary, StatusCode.Cancelled, false)]
    [TestCase(MethodType.Unary, StatusCode.Aborted, false)]
    public async Task Deadline_that_the_server_tells_is_a_cancellation_where_these_are_thrown(
        MethodType shape, StatusCode code, bool isCancellation, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = (_, _) => throw new RpcException(new Status(code, "as told"));
        world.Service.Output = (_, _) => throw new RpcException(new Status(code, "as told"));
        var client = Client(world, asCancellation: true);
        using var unary = client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        using var output = client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var failure = shape == MethodType.Unary
            ? Assert.CatchAsync(async () => await unary)
            : Assert.CatchAsync(async () => await output.ResponseStream.MoveNext(cancellationToken));
        Assert.That(failure, isCancellation ? Is.InstanceOf<OperationCanceledException>() : Is.InstanceOf<RpcException>());
    }

    private static (Task Began, Task Ended) ServeUntilCancelled(GrpcWorld world)
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Input = async (requests, context) =>
        {
            await requests.MoveNext(CancellationToken.None);
            context.CancellationToken.Register(() => ended.TrySetResult());
            began.TrySetResult();
            await ended.Task;
            return new StreamingInputCallResponse();
        };
        return (began.Task, ended.Task);
    }

    private static void ExpectCancelled(Exception? failure, bool asCancellation, CancellationToken token)
    {
        if (asCancellation)
        {
            Assert.That((failure as OperationCanceledException)?.CancellationToken, Is.EqualTo(token), $"{failure}");
        }
        else
        {
            Assert.That((failure as RpcException)?.StatusCode, Is.EqualTo(StatusCode.Cancelled), $"{failure}");
        }
    }

    private static TestService.TestServiceClient Client(GrpcWorld world, bool asCancellation) =>
        new(world.NewChannel(new GrpcChannelOptions { ThrowOperationCanceledOnCancellation = asCancellation }));
}
