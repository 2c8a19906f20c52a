using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Grpc.Server.Tests.Client;

[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BalancingTests
{
    private readonly CountedServers _servers = new(3);

    [TearDown]
    public async Task StopServers() => await _servers.DisposeAsync();

    [Test]
    public async Task Round_robin_uses_every_address_that_can_be_reached(CancellationToken cancellationToken)
    {
        await _servers.StartAsync(0);
        await _servers.StartAsync(2);
        using var channel = Channel(new RoundRobinConfig());
        await CountedServers.CallAsync(channel, 12, cancellationToken);
        Assert.That(_servers.Served[0], Is.GreaterThanOrEqualTo(4));
        Assert.That(_servers.Served[2], Is.GreaterThanOrEqualTo(4));
        Assert.That(_servers.Served.Sum(), Is.EqualTo(12), "no call failed and none was made twice");
    }

    [Test]
    public async Task Pick_first_stays_and_goes_on_to_the_next_when_the_first_is_gone(CancellationToken cancellationToken)
    {
        await _servers.StartAsync(0);
        await _servers.StartAsync(1);
        using var channel = Channel(new PickFirstConfig());
        await CountedServers.CallAsync(channel, 5, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 5, 0, 0 }));
        await _servers.StopAsync(0);
        await CountedServers.CallAsync(channel, 5, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 5, 5, 0 }));
        await _servers.StartAsync(0);
        await CountedServers.CallAsync(channel, 5, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 5, 10, 0 }), "a connection that stands is kept");
        await _servers.StopAsync(1);
        await CountedServers.CallAsync(channel, 5, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 10, 10, 0 }));
    }

    [Test]
    public void No_address_that_can_be_reached_is_unavailable(CancellationToken cancellationToken)
    {
        using var channel = Channel(new RoundRobinConfig());
        var failure = Assert.ThrowsAsync<RpcException>(() => CountedServers.CallAsync(channel, 1, cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(failure.Status.DebugException, Is.InstanceOf<System.Net.Sockets.SocketException>());
        Assert.That(failure.InnerException, Is.SameAs(failure.Status.DebugException));
    }

    [Test]
    public async Task Name_is_resolved_to_its_addresses(CancellationToken cancellationToken)
    {
        await _servers.StartAsync(0);
        using var channel = GrpcChannel.ForAddress(
            $"dns:///localhost:{_servers.Ports[0]}", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure });
        await CountedServers.CallAsync(channel, 3, cancellationToken);
        Assert.That(_servers.Served[0], Is.EqualTo(3));
    }

    [Test]
    public void Scheme_without_a_resolver_is_refused() => Assert.That(
        () => GrpcChannel.ForAddress("consul:///ledger", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }),
        Throws.InvalidOperationException.With.Message.Contains("consul"));

    [Test]
    public async Task Handler_of_the_options_sends_what_is_balanced(CancellationToken cancellationToken)
    {
        await _servers.StartAsync(1);
        var seen = new List<string>();
        using var handler = new Recorder(seen) { InnerHandler = new SocketsHttpHandler() };
        using var channel = Channel(new RoundRobinConfig(), options => options.HttpHandler = handler);
        await CountedServers.CallAsync(channel, 2, cancellationToken);
        Assert.That(seen, Is.EqualTo(Enumerable.Repeat($"127.0.0.1:{_servers.Ports[1]} for ", 2)));
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));
    }

    [Test]
    public async Task Connecting_goes_on_to_the_address_that_can_be_reached(CancellationToken cancellationToken)
    {
        await _servers.StartAsync(2);
        using var channel = Channel(new PickFirstConfig());
        await channel.ConnectAsync(cancellationToken);
        Assert.That(channel.State, Is.EqualTo(ConnectivityState.Ready));
    }

    [Test]
    public async Task Resolver_that_polls_asks_again_until_there_is_an_answer(CancellationToken cancellationToken)
    {
        await _servers.StartAsync(0);
        var resolver = new StubbornResolver(_servers.Ports[0]);
        var services = new ServiceCollection();
        services.AddSingleton<ResolverFactory>(new StubbornFactory(resolver));
        using var channel = GrpcChannel.ForAddress("stubborn:///ledger", new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceProvider = services.BuildServiceProvider(),
        });
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await CountedServers.CallAsync(channel, 1, cancellationToken);
                    return true;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
                {
                    return false;
                }
            },
            "the third answer has an address");
        Assert.That(resolver.Asked, Is.EqualTo(3));
        Assert.That(_servers.Served[0], Is.EqualTo(1));
    }

    private GrpcChannel Channel(LoadBalancingConfig policy, Action<GrpcChannelOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => _servers.Ports.Select(static p => new BalancerAddress("127.0.0.1", p))));
        var options = new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceProvider = services.BuildServiceProvider(),
            ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { policy } },
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
        };
        configure?.Invoke(options);
        return GrpcChannel.ForAddress("static:///ledger", options);
    }

    private sealed class Recorder(List<string> seen) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            seen.Add($"{request.RequestUri!.Authority} for {request.Headers.Host}");
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class StubbornFactory(Resolver resolver) : ResolverFactory
    {
        public override string Name => "stubborn";

        public override Resolver Create(ResolverOptions options) => resolver;
    }

    private sealed class StubbornResolver(int port) : PollingResolver(NullLoggerFactory.Instance, new Pauses())
    {
        public int Asked { get; private set; }

        protected override Task ResolveAsync(CancellationToken cancellationToken)
        {
            Asked++;
            if (Asked == 1)
            {
                throw new InvalidDataException("no answer yet");
            }

            Listener(Asked == 2
                ? ResolverResult.ForFailure(new Status(StatusCode.Unavailable, "nothing there"))
                : ResolverResult.ForResult([new BalancerAddress("127.0.0.1", port)]));
            return Task.CompletedTask;
        }
    }

    private sealed class Pauses : IBackoffPolicyFactory, IBackoffPolicy
    {
        public IBackoffPolicy Create() => this;

        public TimeSpan NextBackoff() => TimeSpan.FromMilliseconds(5);
    }
}
