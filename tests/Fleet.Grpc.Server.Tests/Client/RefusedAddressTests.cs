using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>An address that takes a connection and then nothing else must neither hide the next one nor be dialled without a pause.</summary>
[CancelAfter(60_000)]
public sealed class RefusedAddressTests
{
    [Test]
    public async Task Pick_first_goes_on_when_an_address_takes_connections_but_no_tls(CancellationToken cancellationToken)
    {
        await using var server = await TlsWorld.StartAsync();
        await using var first = new Hanger();
        await using var second = new Hanger();
        using var channel = Channel(server.Trust, first.Port, second.Port, server.Port);
        var client = new TestService.TestServiceClient(channel);
        for (var i = 0; i < 3; i++)
        {
            await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        }

        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));
        Assert.That(server.Connections, Is.EqualTo(1), "a connection that stands is kept");
    }

    [Test]
    public async Task Addresses_that_all_refuse_fail_the_call_and_are_left_alone_for_a_pause(CancellationToken cancellationToken)
    {
        await using var server = await TlsWorld.StartAsync();
        await using var first = new Hanger();
        await using var second = new Hanger();
        using var channel = Channel(server.Trust, first.Port, second.Port);
        var client = new TestService.TestServiceClient(channel);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken))!;
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.TransientFailure));

        // Prepared by the channel and dialled once more by the transport, for either of them.
        Assert.That(first.Accepted + second.Accepted, Is.LessThanOrEqualTo(4));
    }

    [Test]
    public async Task Address_that_refused_is_tried_again_once_another_has_answered(CancellationToken cancellationToken)
    {
        await using var server = await TlsWorld.StartAsync();
        var other = await TlsWorld.StartAsync(server);
        await using var first = new Hanger();
        using var channel = Channel(server.Trust, first.Port, other.Port);
        var client = new TestService.TestServiceClient(channel);
        await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
        await other.DisposeAsync();
        var before = first.Accepted;
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await client.UnaryCallAsync(Messages.Request(), cancellationToken: cancellationToken);
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
                {
                    // Nobody is there.
                }

                return first.Accepted > before;
            },
            "the first address is dialled again");
    }

    private static GrpcChannel Channel(string trust, params int[] ports)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => ports.Select(static p => new BalancerAddress("localhost", p))));
        return GrpcChannel.ForAddress("static:///ledger", new GrpcChannelOptions
        {
            Credentials = new SslCredentials(trust),
            ServiceProvider = services.BuildServiceProvider(),
            ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new PickFirstConfig() } },
            InitialReconnectBackoff = TimeSpan.FromMinutes(5),
            MaxReconnectBackoff = TimeSpan.FromMinutes(5),
        });
    }

    /// <summary>Accepts each connection and ends it at the first byte.</summary>
    private sealed class Hanger : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentBag<Task> _running = [];
        private int _accepted;

        public Hanger()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _running.Add(AcceptAsync());
        }

        public int Port { get; }

        public int Accepted => Volatile.Read(ref _accepted);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_running);
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    Interlocked.Increment(ref _accepted);
                    _running.Add(HangUpAsync(client));
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        private async Task HangUpAsync(TcpClient client)
        {
            using (client)
            {
                try
                {
                    await client.GetStream().ReadExactlyAsync(new byte[1], _stop.Token);
                }
                catch (Exception e) when (e is OperationCanceledException or IOException)
                {
                    // The test is over, or the client was quicker.
                }
            }
        }
    }
}
