using Fleet.Grpc.Server.Tests.Support;
using Google.Protobuf;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fleet.Grpc.Server.Tests.Raw;

/// <summary>Peers that send without end what costs them nothing. The server keeps its memory and serves the others.</summary>
[CancelAfter(120_000)]
public sealed class FloodTests
{
    private const string Unary = "/grpc.testing.TestService/UnaryCall";
    private const string Input = "/grpc.testing.TestService/StreamingInputCall";
    private const int Frames = 200_000;
    private const long MostGrowth = 32 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    [Test]
    public async Task Flood_of_control_frames_that_nobody_reads_the_answers_of_takes_no_memory(
        [Values] bool pings, CancellationToken cancellationToken)
    {
        var type = pings ? FrameType.Ping : FrameType.Settings;
        await using var world = await WorldAsync(static _ => { });
        await using var flood = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var payload = type == FrameType.Ping ? new byte[8] : [];
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sent = FloodAsync(flood, type, payload, bound.Token);

        // It ends by itself if the server hangs up, or stands still when the server reads no further.
        await Task.WhenAny(sent, Task.Delay(Patience, TimeProvider.System, cancellationToken));
        await using (var other = await Http2Peer.ConnectAsync(world.Address, cancellationToken))
        {
            await ExpectServedAsync(other, cancellationToken);
        }

        await bound.CancelAsync();
        await sent;
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(MostGrowth));
        world.Errors.Clear();
    }

    [Test]
    public async Task Headers_that_never_end_are_cut_off_after_their_time(CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync(static k => k.Limits.RequestHeadersTimeout = Patience);
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var stream = await peer.OpenAsync(Unary, cancellationToken, flags: 0);
        var sending = ContinueAsync(peer, stream, cancellationToken);
        var outcome = await peer.OutcomeAsync(stream, cancellationToken);
        Assert.That(outcome.ContainsKey(":goaway"), Is.True, string.Join(' ', outcome));
        await sending;
        await using var next = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        await ExpectServedAsync(next, cancellationToken);
        world.Errors.Clear();
    }

    [Test]
    public async Task Client_that_resets_all_it_opens_is_sent_away(CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync(static k => k.Limits.Http2.MaxStreamsPerConnection = 20);
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var flood = ResetAllAsync(peer, cancellationToken);
        var outcome = await peer.OutcomeAsync(int.MaxValue, cancellationToken);
        Assert.That(outcome.ContainsKey(":goaway"), Is.True, "the connection is closed before the flood ends");
        Assert.That(await flood, Is.LessThan(Frames));
        await using var next = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        await ExpectServedAsync(next, cancellationToken);
        world.Errors.Clear();
    }

    [Test]
    public async Task More_streams_than_allowed_are_refused_one_by_one(CancellationToken cancellationToken)
    {
        const int RefusedStream = 7;
        await using var world = await WorldAsync(static k => k.Limits.Http2.MaxStreamsPerConnection = 2);
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        var first = await peer.OpenAsync(Unary, cancellationToken);
        await peer.OpenAsync(Unary, cancellationToken);
        var third = await peer.OpenAsync(Unary, cancellationToken);
        Assert.That(await peer.OutcomeAsync(third, cancellationToken), Does.ContainKey(":reset").WithValue($"{RefusedStream}"));
        await peer.DataAsync(first, Whole(), end: true, cancellationToken);
        Assert.That(await peer.OutcomeAsync(first, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"));
    }

    [Test]
    public async Task Client_that_answers_no_ping_is_taken_for_gone(CancellationToken cancellationToken)
    {
        await using var world = await WorldAsync(static k =>
        {
            k.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(1);
            k.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(1);
        });
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Service.Input = async (_, context) =>
        {
            await using var registration = context.CancellationToken.Register(ended.SetResult);
            await ended.Task;
            return new global::Grpc.Testing.StreamingInputCallResponse();
        };
        await using var peer = await Http2Peer.ConnectAsync(world.Address, cancellationToken);
        await peer.OpenAsync(Input, cancellationToken);
        var pings = 0;
        while (await peer.ReadAsync(cancellationToken) is { } frame)
        {
            pings += frame.Type == FrameType.Ping ? 1 : 0;
        }

        Assert.That(pings, Is.EqualTo(1), "it was asked once, then the connection ended");
        await ended.Task.WaitAsync(cancellationToken);
        world.Errors.Clear();
    }

    private static byte[] Whole() => Support.Frames.Frame(0, Messages.Request(10).ToByteArray());

    private static async Task FloodAsync(Http2Peer peer, FrameType type, byte[] payload, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; i < Frames; i++)
            {
                await peer.SendAsync(type, 0, 0, payload, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The server hung up, or has stopped reading until the end of the test.
        }
    }

    private static async Task ContinueAsync(Http2Peer peer, int stream, CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                await peer.SendAsync(FrameType.Continuation, 0, stream, [], cancellationToken);
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            }
        }
        catch (IOException)
        {
            // The server hung up.
        }
    }

    private static async Task<int> ResetAllAsync(Http2Peer peer, CancellationToken cancellationToken)
    {
        var sent = 0;
        try
        {
            for (; sent < Frames; sent++)
            {
                await peer.ResetAsync(await peer.OpenAsync(Input, cancellationToken), 8, cancellationToken);
            }
        }
        catch (IOException)
        {
            // The server hung up.
        }

        return sent;
    }

    private static async Task ExpectServedAsync(Http2Peer peer, CancellationToken cancellationToken)
    {
        var stream = await peer.OpenAsync(Unary, cancellationToken);
        await peer.DataAsync(stream, Whole(), end: true, cancellationToken);
        Assert.That(await peer.OutcomeAsync(stream, cancellationToken), Does.ContainKey("grpc-status").WithValue("0"));
    }

    private static Task<GrpcWorld> WorldAsync(Action<KestrelServerOptions> limits) =>
        GrpcWorld.StartAsync(configure: builder => builder.WebHost.ConfigureKestrel(limits));
}
