using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>What no polite client does. After each of it the same server serves the next call.</summary>
[CancelAfter(120_000)]
public sealed class RawPeerTests
{
    private const string Unary = "/grpc.testing.TestService/UnaryCall";
    private const string Input = "/grpc.testing.TestService/StreamingInputCall";
    private const string Output = "/grpc.testing.TestService/StreamingOutputCall";

    private static readonly byte[] Whole = Frames.Frame(0, Messages.Request(10).ToByteArray());

    private static IEnumerable<TestCaseData> BadBodies()
    {
        yield return Bad("half a message", Whole[..^3], 13);
        yield return Bad("half an envelope", Whole[..3], 13);
        yield return Bad("no message", [], 13);
        yield return Bad("a length beyond the body", [0, 0, 0, 1, 0, 1, 2, 3], 13);
        yield return Bad("a length of four gibibytes", [0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3], 8);
        yield return Bad("a second message", [.. Whole, .. Whole], 13);
        yield return Bad("half a second message", [.. Whole, 0, 0], 13);
        yield return Bad("an unknown flag", [2, .. Whole[1..]], 13);
        yield return Bad("a compressed message without an encoding", [1, .. Whole[1..]], 13);
        yield return Bad("a message that is no Protobuf", Frames.Frame(0, [0xff, 0xff, 0xff]), 13);
        yield return Bad("damaged compression", [1, .. Whole[1..]], 13, ("grpc-encoding", "gzip"));
        yield return Bad("an unknown encoding", [1, .. Whole[1..]], 12, ("grpc-encoding", "lzma"));
    }

    [TestCaseSource(nameof(BadBodies))]
    public async Task Bad_body_ends_in_a_status(byte[] body, int status, (string, string)[] headers, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Unary, cancellationToken, Http2Frame.EndHeaders, headers);
        await peer.DataAsync(stream, body, end: true, cancellationToken);
        var outcome = await peer.OutcomeAsync(stream, cancellationToken);
        Assert.That(outcome, Does.ContainKey("grpc-status").WithValue($"{status}"));
        await ExpectServedAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Message_of_a_stream_that_is_no_protobuf_is_told_by_the_read([Values] bool atOnce, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Input = async (requests, context) =>
        {
            await requests.MoveNext(context.CancellationToken);
            var read = requests.MoveNext(context.CancellationToken);
            try
            {
                await read;
            }
            catch (RpcException)
            {
                told.SetResult(read.IsFaulted);
                throw;
            }

            return new StreamingInputCallResponse();
        };
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Input, cancellationToken);
        var bad = Frames.Frame(0, [0xff, 0xff, 0xff]);
        await peer.DataAsync(stream, atOnce ? [.. Whole, .. bad] : Whole, end: false, cancellationToken);
        await peer.DataAsync(stream, atOnce ? [] : bad, end: true, cancellationToken);
        Assert.That(await told.Task.WaitAsync(cancellationToken), Is.True);
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("13"));
    }

    [Test]
    public async Task Message_byte_by_byte_is_one_message(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Unary, cancellationToken);
        foreach (var one in Whole)
        {
            await peer.DataAsync(stream, [one], end: false, cancellationToken);
        }

        await peer.DataAsync(stream, [], end: true, cancellationToken);
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"));
    }

    [Test]
    public async Task Refusal_without_a_message_is_trailers_only(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        world.Service.Unary = static (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "50 % ü"));
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Unary, cancellationToken);
        await peer.DataAsync(stream, Whole, end: true, cancellationToken);
        Http2Frame? first;
        do
        {
            first = await peer.ReadAsync(cancellationToken);
        }
        while (first is { Type: not FrameType.Headers });
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        Hpack.Read(first!.Payload, headers);
        Assert.That(first.EndsStream, Is.True, "one HEADERS frame is the whole response");
        Assert.That(headers["grpc-status"], Is.EqualTo("5"));
        Assert.That(headers["grpc-message"], Is.EqualTo("50 %25 %C3%BC"));
    }

    [TestCase("10", "no unit")]
    [TestCase("123456789S", "nine digits")]
    [TestCase("-5S", "negative")]
    [TestCase("S", "no digits")]
    [TestCase("0S", "no time at all")]
    public async Task Timeout_that_is_none_is_no_deadline(string timeout, string why, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var deadline = DateTime.MinValue;
        world.Service.Unary = (_, context) =>
        {
            deadline = context.Deadline;
            return Task.FromResult(Messages.Response());
        };
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Unary, cancellationToken, Http2Frame.EndHeaders, ("grpc-timeout", timeout));
        await peer.DataAsync(stream, Whole, end: true, cancellationToken);
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"), why);
        Assert.That(deadline, Is.EqualTo(DateTime.MaxValue));
    }

    [TestCase("text/plain", "415")]
    [TestCase("application/grpc+thrift", "415")]
    public async Task Content_type_that_is_no_call_is_refused(string type, string status, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Unary, cancellationToken, Http2Frame.EndHeaders | Http2Frame.EndStream, ("content-type", type));
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey(":status").WithValue(status));
    }

    [Test]
    public async Task Reset_at_each_point_leaves_the_connection_alive([Range(0, 4)] int point, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var running = 0;
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        async Task RunAsync(Func<Task> body)
        {
            Interlocked.Increment(ref running);
            began.TrySetResult();
            try
            {
                await body();
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }

        world.Service.Input = async (requests, context) =>
        {
            await RunAsync(async () =>
            {
                while (await requests.MoveNext(context.CancellationToken))
                {
                }
            });
            return new StreamingInputCallResponse();
        };
        world.Service.Output = (responses, context) => RunAsync(async () =>
        {
            while (true)
            {
                await responses.WriteAsync(Messages.Output(1000), context.CancellationToken);
            }
        });
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(point == 4 ? Output : Input, cancellationToken);
        byte[] sent = point switch
        {
            1 => Whole[..3],
            2 => Whole[..^3],
            3 => Whole,
            4 => Frames.Frame(0, []),
            _ => [],
        };
        await peer.DataAsync(stream, sent, end: point == 4, cancellationToken);
        await began.Task.WaitAsync(cancellationToken);
        await peer.ResetAsync(stream, 8, cancellationToken);
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 0, "the service has ended");
        await ExpectServedAsync(peer, cancellationToken);
    }

    [Test]
    public async Task Connection_lost_in_the_middle_ends_the_service(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Input = async (requests, context) =>
        {
            began.TrySetResult();
            try
            {
                await requests.MoveNext(context.CancellationToken);
            }
            finally
            {
                ended.TrySetResult();
            }

            return new StreamingInputCallResponse();
        };
        await using (var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken))
        {
            var stream = await peer.OpenAsync(Input, cancellationToken);
            await peer.DataAsync(stream, Whole[..4], end: false, cancellationToken);
            await began.Task.WaitAsync(cancellationToken);
        }

        await ended.Task.WaitAsync(cancellationToken);
    }

    [Test]
    public async Task Ten_thousand_rapid_resets_do_not_take_the_server_down(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        await using (var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken))
        {
            try
            {
                for (var i = 0; i < 10_000; i++)
                {
                    var stream = await peer.OpenAsync(Input, cancellationToken);
                    await peer.ResetAsync(stream, 8, cancellationToken);
                }
            }
            catch (IOException)
            {
                // The server may hang up on such a client: that is its right.
            }
        }

        await using var next = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        await ExpectServedAsync(next, cancellationToken);

        // Kestrel tells of the connection it closed.
        world.Errors.Clear();
    }

    [Test]
    public async Task Oversized_headers_are_refused(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        await using (var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken))
        {
            var large = Enumerable.Range(0, 10).Select(static i => ($"x-large-{i}", new string('x', 1500))).ToArray();
            var stream = await peer.OpenAsync(Unary, cancellationToken, Http2Frame.EndHeaders, large);
            await peer.DataAsync(stream, Whole, end: true, cancellationToken);
            Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"), "15 kB are allowed");

            for (var i = 0; i < 40; i++)
            {
                large = [.. large, ($"x-more-{i}", new string('x', 1500))];
            }

            stream = await peer.OpenAsync(Unary, cancellationToken, 0, large[..10]);
            await peer.SendAsync(FrameType.Continuation, 0, stream, new byte[16_000], cancellationToken);
            var outcome = await peer.OutcomeAsync(stream, cancellationToken);
            Assert.That(outcome.ContainsKey(":goaway") || outcome.ContainsKey(":reset"), Is.True, string.Join(' ', outcome));
        }

        await using var next = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        await ExpectServedAsync(next, cancellationToken);
    }

    private static TestCaseData Bad(string name, byte[] body, int status, params (string, string)[] headers) =>
        new TestCaseData(body, status, headers).SetArgDisplayNames(name);

    private static async Task ExpectServedAsync(Http2Peer peer, CancellationToken cancellationToken)
    {
        var stream = await peer.OpenAsync(Unary, cancellationToken);
        await peer.DataAsync(stream, Whole, end: true, cancellationToken);
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"));
    }
}
