using Fleet.Conformance;
using Fleet.Grpc.Server.Tests.Peers;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Client;

[CancelAfter(60_000)]
public sealed class BalancingTests
{
    private readonly int[] _ports = [RubyTests.FreePort(), RubyTests.FreePort(), RubyTests.FreePort()];
    private readonly WebApplication?[] _servers = new WebApplication?[3];
    private readonly int[] _served = new int[3];

    [TearDown]
    public async Task StopServers()
    {
        for (var i = 0; i < _servers.Length; i++)
        {
            await StopAsync(i);
        }

        Array.Clear(_served);
    }

    [Test]
    public async Task Round_robin_uses_every_address_that_can_be_reached(CancellationToken cancellationToken)
    {
        await StartAsync(0);
        await StartAsync(2);
        using var channel = Channel(new RoundRobinConfig());
        await CallAsync(channel, 12, cancellationToken);
        Assert.That(_served[0], Is.GreaterThanOrEqualTo(4));
        Assert.That(_served[2], Is.GreaterThanOrEqualTo(4));
        Assert.That(_served.Sum(), Is.EqualTo(12), "no call failed and none was made twice");
    }

    [Test]
    public async Task Pick_first_stays_and_goes_on_to_the_next_when_the_first_is_gone(CancellationToken cancellationToken)
    {
        await StartAsync(0);
        await StartAsync(1);
        using var channel = Channel(new PickFirstConfig());
        await CallAsync(channel, 5, cancellationToken);
        Assert.That(_served, Is.EqualTo(new[] { 5, 0, 0 }));
        await StopAsync(0);
        await CallAsync(channel, 5, cancellationToken);
        Assert.That(_served, Is.EqualTo(new[] { 5, 5, 0 }));
        await StartAsync(0);
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                await CallAsync(channel, 1, cancellationToken);
                return _served[0] > 5;
            },
            "the first address is used again after its pause");
    }

    [Test]
    public void No_address_that_can_be_reached_is_unavailable(CancellationToken cancellationToken)
    {
        using var channel = Channel(new RoundRobinConfig());
        var failure = Assert.ThrowsAsync<RpcException>(() => CallAsync(channel, 1, cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
    }

    [Test]
    public async Task Name_is_resolved_to_its_addresses(CancellationToken cancellationToken)
    {
        await StartAsync(0);
        using var channel = GrpcChannel.ForAddress(
            $"dns:///localhost:{_ports[0]}", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure });
        await CallAsync(channel, 3, cancellationToken);
        Assert.That(_served[0], Is.EqualTo(3));
    }

    [Test]
    public void Scheme_without_a_resolver_is_refused() => Assert.That(
        () => GrpcChannel.ForAddress("consul:///ledger", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }),
        Throws.InvalidOperationException.With.Message.Contains("consul"));

    private static async Task CallAsync(GrpcChannel channel, int times, CancellationToken cancellationToken)
    {
        var client = new TestService.TestServiceClient(channel);
        for (var i = 0; i < times; i++)
        {
            await client.EmptyCallAsync(new Empty(), cancellationToken: cancellationToken);
        }
    }

    private GrpcChannel Channel(LoadBalancingConfig policy)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => _ports.Select(static p => new BalancerAddress("127.0.0.1", p))));
        return GrpcChannel.ForAddress("static:///ledger", new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceProvider = services.BuildServiceProvider(),
            ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { policy } },
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
        });
    }

    private async Task StartAsync(int index)
    {
        _servers[index] = InteropHost.Build(_ports[index], null, builder =>
            builder.Services.AddGrpc(o => o.Interceptors.Add<Counter>(new Action(() => Interlocked.Increment(ref _served[index])))));
        await _servers[index]!.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync(int index)
    {
        if (_servers[index] is { } server)
        {
            _servers[index] = null;
            await server.StopAsync(CancellationToken.None);
            await server.DisposeAsync();
        }
    }

    private sealed class Counter(Action count) : global::Grpc.Core.Interceptors.Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            count();
            return continuation(request, context);
        }
    }
}
