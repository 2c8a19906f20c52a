using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Calls;

[CancelAfter(60_000)]
public sealed class ShapesTests
{
    [Test]
    public async Task Unary_request_and_response_arrive_whole(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (request, _) => Task.FromResult(Messages.Response(request.Payload.Body.Length * 2));
        foreach (var size in new[] { 0, 1, 4090, 4096, 70_000, 1_000_000 })
        {
            var response = await world.Client.UnaryCallAsync(Messages.Request(size), cancellationToken: cancellationToken);
            Assert.That(response.Payload.Body, Has.Length.EqualTo(size * 2));
        }
    }

    [Test]
    public async Task Blocking_stub_returns_the_response(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => Task.FromResult(Messages.Response(7));
        var response = await Task.Run(() => world.Client.UnaryCall(Messages.Request(), cancellationToken: cancellationToken), cancellationToken);
        Assert.That(response.Payload.Body, Has.Length.EqualTo(7));
    }

    [Test]
    public async Task Client_stream_is_read_in_order_to_its_end(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var sizes = new List<int>();
        world.Service.Input = async (requests, context) =>
        {
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
            {
                sizes.Add(request.Payload.Body.Length);
            }

            return new StreamingInputCallResponse { AggregatedPayloadSize = sizes.Sum() };
        };
        using var call = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        for (var i = 0; i < 2000; i++)
        {
            await call.RequestStream.WriteAsync(Messages.Input(i), cancellationToken);
        }

        await call.RequestStream.CompleteAsync();
        Assert.That((await call).AggregatedPayloadSize, Is.EqualTo(Enumerable.Range(0, 2000).Sum()));
        Assert.That(sizes, Is.EqualTo(Enumerable.Range(0, 2000)));
    }

    [Test]
    public async Task Server_stream_arrives_in_order_to_its_end(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Output = static async (responses, context) =>
        {
            for (var i = 0; i < 2000; i++)
            {
                await responses.WriteAsync(Messages.Output(i), context.CancellationToken);
            }
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        var sizes = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            sizes.Add(response.Payload.Body.Length);
        }

        Assert.That(sizes, Is.EqualTo(Enumerable.Range(0, 2000)));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
    }

    [Test]
    public async Task Duplex_answers_each_request_before_the_next(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Duplex = static async (requests, responses, context) =>
        {
            await foreach (var request in requests.ReadAllAsync(context.CancellationToken))
            {
                await responses.WriteAsync(Messages.Output(request.Payload.Body.Length + 1), context.CancellationToken);
            }
        };
        using var call = world.Client.FullDuplexCall(cancellationToken: cancellationToken);
        for (var i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = Messages.Payload(i) }, cancellationToken);
            Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
            Assert.That(call.ResponseStream.Current.Payload.Body, Has.Length.EqualTo(i + 1));
        }

        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.False);
    }

    [Test]
    public async Task Response_before_the_request_stream_ends_is_taken(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Input = static async (requests, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            return new StreamingInputCallResponse { AggregatedPayloadSize = 1 };
        };
        using var call = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        Assert.That((await call).AggregatedPayloadSize, Is.EqualTo(1));
        var late = Assert.ThrowsAsync<RpcException>(async () => await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken));
        Assert.That(late.StatusCode, Is.EqualTo(StatusCode.OK), "what became of the call");
    }

    [Test]
    public async Task Slow_reader_holds_the_writer_back(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var written = 0;
        world.Service.Output = async (responses, context) =>
        {
            for (; written < 10_000 && !context.CancellationToken.IsCancellationRequested; written++)
            {
                await responses.WriteAsync(Messages.Output(16 * 1024), context.CancellationToken);
            }
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That(await call.ResponseStream.MoveNext(cancellationToken), Is.True);
        var before = -1;
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                var stalled = before == Volatile.Read(ref written);
                before = Volatile.Read(ref written);
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancellationToken);
                return stalled && before == Volatile.Read(ref written);
            },
            "the writer waits for the reader");
        Assert.That(written, Is.LessThan(5_000), "at most the windows of HTTP/2 and two batches are ahead");
    }

    [Test]
    public async Task Second_write_before_the_first_completes_is_refused(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var refused = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Output = async (responses, context) =>
        {
            while (true)
            {
                var first = responses.WriteAsync(Messages.Output(100_000), context.CancellationToken);
                var second = responses.WriteAsync(Messages.Output(1), context.CancellationToken);
                if (second.IsFaulted)
                {
                    refused.TrySetResult(second.Exception!.InnerException!);
                    return;
                }

                await Task.WhenAll(first, second);
            }
        };
        using var call = world.Client.StreamingOutputCall(new StreamingOutputCallRequest(), cancellationToken: cancellationToken);
        Assert.That(await refused.Task.WaitAsync(cancellationToken), Is.InstanceOf<InvalidOperationException>());
    }
}
