using System.Net;
using System.Net.Sockets;
using Fleet.Grpc.Server.Tests.Peers;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;

namespace Fleet.Grpc.Server.Tests.Client;

[CancelAfter(60_000)]
public sealed class ConnectivityTests
{
    [Test]
    public async Task Channel_is_idle_until_it_is_asked_to_connect(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        using var channel = GrpcChannel.ForAddress(world.Address);
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Idle));
        await channel.ConnectAsync(cancellationToken);
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));
        channel.Dispose();
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Shutdown));
    }

    [Test]
    public async Task First_call_takes_the_prepared_connection(CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync();
        var peers = new HashSet<string>(StringComparer.Ordinal);
        world.Service.Unary = (_, context) =>
        {
            peers.Add(context.Peer);
            return Task.FromResult(Messages.Response());
        };
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await channel.ConnectAsync(cancellationToken);
        using var prepared = await listener.AcceptTcpClientAsync(cancellationToken);
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        var preface = new byte[24];
        await prepared.GetStream().ReadExactlyAsync(preface, cancellationToken);
        Assert.That(preface, Is.EqualTo("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray()));
        Assert.That(listener.Pending(), Is.False, "there is no second connection");
    }

    [Test]
    public async Task Prepared_connection_that_the_server_closed_is_not_used(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        await channel.ConnectAsync(cancellationToken);
        (await listener.AcceptTcpClientAsync(cancellationToken)).Dispose();
        await Fleet.Testing.Eventually.TrueAsync(() => channel.State == ConnectivityState.Idle, "the closed connection is seen");
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        using var second = await listener.AcceptTcpClientAsync(cancellationToken);
        Assert.That(second.Connected, Is.True);
    }

    [Test]
    public async Task Prepared_connection_that_waited_longer_than_idle_ones_may_is_not_used(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var handler = new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.Zero };
        using var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", new GrpcChannelOptions { HttpHandler = handler });
        await channel.ConnectAsync(cancellationToken);
        using var prepared = await listener.AcceptTcpClientAsync(cancellationToken);
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        using var second = await listener.AcceptTcpClientAsync(cancellationToken);
        Assert.That(await prepared.GetStream().ReadAsync(new byte[1], cancellationToken), Is.Zero, "the first one is closed");
    }

    [Test]
    public void Connecting_ends_with_the_channel(CancellationToken cancellationToken)
    {
        var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{RubyTests.FreePort()}");
        var connecting = channel.ConnectAsync(cancellationToken);
        channel.Dispose();
        Assert.That(async () => await connecting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Connecting_waits_for_a_server_that_comes_up_later(CancellationToken cancellationToken)
    {
        var port = RubyTests.FreePort();
        using var channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{port}", new GrpcChannelOptions { InitialReconnectBackoff = TimeSpan.FromMilliseconds(20) });
        var connecting = channel.ConnectAsync(cancellationToken);
        while (channel.State != ConnectivityState.TransientFailure)
        {
            await channel.WaitForStateChangedAsync(channel.State, cancellationToken);
        }

        Assert.That(connecting.IsCompleted, Is.False);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        await connecting;
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));
    }

    [Test]
    public async Task Connections_of_calls_are_seen_from_their_beginning_to_their_end(CancellationToken cancellationToken)
    {
        var world = await GrpcWorld.StartAsync();
        using var channel = GrpcChannel.ForAddress(world.Address);
        var changed = channel.WaitForStateChangedAsync(ConnectivityState.Idle, cancellationToken);
        await new TestService.TestServiceClient(channel).UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await changed;
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));
        changed = channel.WaitForStateChangedAsync(ConnectivityState.Ready, cancellationToken);
        await world.DisposeAsync();
        await changed;
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Idle));
    }

    [Test]
    public void Waiting_ends_with_the_channel_and_with_its_token(CancellationToken cancellationToken)
    {
        var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var cancelled = channel.WaitForStateChangedAsync(ConnectivityState.Idle, source.Token);
        source.Cancel();
        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        var ended = channel.WaitForStateChangedAsync(ConnectivityState.Idle, cancellationToken);
        channel.Dispose();
        Assert.That(async () => await ended, Throws.Nothing);
        Assert.That(() => channel.ConnectAsync(cancellationToken), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void State_of_connections_that_something_else_opens_is_not_known()
    {
        using var http = new HttpClient();
        using var overClient = GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { HttpClient = http });
        Assert.That(() => overClient.State, Throws.InvalidOperationException);
        using var handler = new SocketsHttpHandler { ConnectCallback = static (_, _) => throw new IOException() };
        using var overHandler = GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions { HttpHandler = handler });
        Assert.That(() => overHandler.ConnectAsync(CancellationToken.None), Throws.InvalidOperationException);
    }

    [Test]
    public void Roots_beside_a_handler_are_refused()
    {
        using var handler = new SocketsHttpHandler();
        Assert.That(
            () => GrpcChannel.ForAddress(
                "https://127.0.0.1:1", new GrpcChannelOptions { HttpHandler = handler, Credentials = new SslCredentials("roots") }),
            Throws.ArgumentException);
    }
}
