using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Fleet.Grpc.Server.Tests.Peers;
using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>A server that stops: clients are told, what runs may end, nothing new begins, and there is a bound.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DrainTests
{
    private const string Input = "/grpc.testing.TestService/StreamingInputCall";
    private const int NoError = 0;

    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Test]
    public async Task Running_call_ends_in_its_own_time_and_new_connections_are_refused(CancellationToken cancellationToken)
    {
        var world = await CountingWorldAsync();
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Input, cancellationToken);
        await peer.DataAsync(stream, Frames.Frame(0, Messages.Input(10).ToByteArray()), end: false, cancellationToken);
        await _began.Task.WaitAsync(cancellationToken);
        var stopping = world.StopAsync();
        Assert.That(await GoAwayAsync(peer, cancellationToken), Is.EqualTo(NoError));
        Assert.That(await RubyTests.AcceptsAsync(world.Address.Port), Is.False, "nobody new comes in");
        Assert.That(stopping.IsCompleted, Is.False, "the running call holds the server up");

        await peer.DataAsync(stream, Frames.Frame(0, Messages.Input(5).ToByteArray()), end: true, cancellationToken);
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"));
        await stopping;
        while (await peer.ReadAsync(cancellationToken) is not null)
        {
            // Whatever is left; then the server closes the connection.
        }

        await world.DisposeAsync();
    }

    [Test]
    public async Task Call_that_does_not_end_is_cut_off_at_the_bound(CancellationToken cancellationToken)
    {
        var world = await GrpcWorld.StartAsync();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Input = async (_, context) =>
        {
            _began.TrySetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
            }
            finally
            {
                ended.TrySetResult();
            }

            return new StreamingInputCallResponse();
        };
        using var call = world.Client.StreamingInputCall(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(Messages.Input(1), cancellationToken);
        await _began.Task.WaitAsync(cancellationToken);
        await world.StopAsync(TimeSpan.FromMilliseconds(300));
        await ended.Task.WaitAsync(cancellationToken);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable).Or.EqualTo(StatusCode.Cancelled).Or.EqualTo(StatusCode.Internal));
        world.Errors.Clear();
        await world.DisposeAsync();
    }

    [Test]
    public async Task Client_of_a_stopping_server_goes_on_at_the_next_one(CancellationToken cancellationToken)
    {
        var first = await CountingWorldAsync();
        await using var second = await GrpcWorld.StartAsync();
        var target = first.Address.Port;
        using var handler = new SocketsHttpHandler
        {
            // As behind a virtual address: the same name, another machine.
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, Volatile.Read(ref target), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress("http://ledger", new GrpcChannelOptions { HttpHandler = handler });
        var client = new TestService.TestServiceClient(channel);
        using var running = client.StreamingInputCall(cancellationToken: cancellationToken);
        await running.RequestStream.WriteAsync(Messages.Input(10), cancellationToken);
        await _began.Task.WaitAsync(cancellationToken);
        Volatile.Write(ref target, second.Address.Port);
        var stopping = first.StopAsync();
        var served = 0;
        second.Service.Unary = (_, _) =>
        {
            Interlocked.Increment(ref served);
            return Task.FromResult(Messages.Response());
        };
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
                return Volatile.Read(ref served) > 0;
            },
            "new calls go to the next server, and none fails on the way");
        await running.RequestStream.CompleteAsync();
        Assert.That((await running).AggregatedPayloadSize, Is.EqualTo(1));
        await stopping;
        await first.DisposeAsync();
    }

    private static async Task<int?> GoAwayAsync(Http2Peer peer, CancellationToken cancellationToken)
    {
        while (await peer.ReadAsync(cancellationToken) is { } frame)
        {
            if (frame.Type == FrameType.GoAway)
            {
                return BinaryPrimitives.ReadInt32BigEndian(frame.Payload.AsSpan(4));
            }
        }

        return null;
    }

    private async Task<GrpcWorld> CountingWorldAsync()
    {
        var world = await GrpcWorld.StartAsync();
        world.Service.Input = async (requests, context) =>
        {
            var count = 0;
            while (await requests.MoveNext(context.CancellationToken))
            {
                count++;
                _began.TrySetResult();
            }

            return new StreamingInputCallResponse { AggregatedPayloadSize = count };
        };
        return world;
    }
}
