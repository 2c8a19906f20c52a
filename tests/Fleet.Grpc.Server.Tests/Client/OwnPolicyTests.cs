using Fleet.Grpc.Server.Tests.Official;
using Fleet.Grpc.Server.Tests.Support;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Grpc.Server.Tests.Client;

/// <summary>Policies and resolvers that an application brings, on real connections.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OwnPolicyTests
{
    private readonly CountedServers _servers = new(3);
    private readonly AnnouncedResolver _resolver = new();

    [TearDown]
    public async Task StopServers() => await _servers.DisposeAsync();

    [Test]
    public async Task Own_policy_picks_by_attributes_and_settings(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        Announce(0, 1, 2);
        using var channel = Channel(new LeastBusyConfig { Region = "two" });
        await _servers.WarmAsync(channel, [2], cancellationToken);
        await CountedServers.CallAsync(channel, 6, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 0, 0, 6 }));
    }

    [Test]
    public async Task Calls_under_way_are_told_to_the_policy(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        Announce(0, 1, 2);
        using var channel = Channel(new LeastBusyConfig());
        await Eventually.TrueAsync(
            async () =>
            {
                await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => CountedServers.CallAsync(channel, 1, cancellationToken)));
                return _servers.Served.All(static s => s > 0);
            },
            "a server with a call under way is not the first choice");
    }

    [Test]
    public async Task Removed_address_gets_no_call_and_an_added_one_does(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        Announce(0, 1);
        using var channel = Channel(new RoundRobinConfig());
        await _servers.WarmAsync(channel, [0, 1], cancellationToken);
        await CountedServers.CallAsync(channel, 4, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 2, 2, 0 }));
        Announce(1, 2);
        await _servers.WarmAsync(channel, [2], cancellationToken);
        await CountedServers.CallAsync(channel, 4, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 0, 2, 2 }));
    }

    [Test]
    public async Task Restarted_server_gets_calls_again_and_none_fails_meanwhile(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        Announce(0, 1);
        using var channel = Channel(new RoundRobinConfig());
        await _servers.WarmAsync(channel, [0, 1], cancellationToken);
        await _servers.StopAsync(0);
        await CountedServers.CallAsync(channel, 4, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 0, 4, 0 }));
        await Eventually.TrueAsync(() => _resolver.Refreshed > 0, "a lost connection asks the resolver");
        await _servers.StartAsync(0);
        await _servers.WarmAsync(channel, [0], cancellationToken);
        await CountedServers.CallAsync(channel, 4, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 2, 2, 0 }));
    }

    [Test]
    public async Task Call_that_waits_for_ready_outlives_a_time_without_servers(CancellationToken cancellationToken)
    {
        Announce(0);
        using var channel = Channel(new LeastBusyConfig());
        var client = new TestService.TestServiceClient(channel);
        Assert.That(
            async () => await client.EmptyCallAsync(new Empty(), cancellationToken: cancellationToken),
            Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unavailable));
        using var call = client.EmptyCallAsync(new Empty(), new CallOptions(cancellationToken: cancellationToken).WithWaitForReady());
        await _servers.StartAsync(0);
        await call;
        Assert.That(_servers.Served[0], Is.EqualTo(1));
    }

    [Test]
    public async Task Call_that_waits_for_ready_ends_at_its_deadline(CancellationToken cancellationToken)
    {
        Announce(0);
        using var channel = Channel(new RoundRobinConfig());
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100), cancellationToken: cancellationToken).WithWaitForReady();
        using var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), options);
        Assert.That(async () => await call, Throws.InstanceOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.DeadlineExceeded));
    }

    [TestCase(true, 1)]
    [TestCase(false, 3)]
    public void Dropped_call_is_not_repeated_and_a_failed_one_is(bool drop, int picks, CancellationToken cancellationToken)
    {
        var status = new Status(StatusCode.ResourceExhausted, "too many");
        var seen = 0;
        Announce(0);
        using var channel = Channel(new LoadBalancingConfig("told"), services => services.AddSingleton<LoadBalancerFactory>(
            new ToldFactory(() =>
            {
                seen++;
                return drop ? PickResult.ForDrop(status) : PickResult.ForFailure(status);
            })));
        var failure = Assert.ThrowsAsync<RpcException>(() => CountedServers.CallAsync(channel, 1, cancellationToken))!;
        Assert.That(failure.Status.Detail, Is.EqualTo("too many"));
        Assert.That(seen, Is.EqualTo(picks));
    }

    [Test]
    public async Task Policy_of_the_resolver_takes_over_when_it_has_a_connection(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        Announce(0, 1, 2);
        using var channel = Channel(new PickFirstConfig());
        await CountedServers.CallAsync(channel, 3, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 3, 0, 0 }));
        _resolver.Announce(ResolverResult.ForResult(
            Addresses(0, 1, 2), new ServiceConfig { LoadBalancingConfigs = { new LoadBalancingConfig("unknown"), new RoundRobinConfig() } }, null));
        await _servers.WarmAsync(channel, [0, 1, 2], cancellationToken);
        await CountedServers.CallAsync(channel, 3, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 1, 1, 1 }));
    }

    [Test]
    public async Task Policy_of_the_resolver_is_ignored_where_it_is_not_wanted(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        _resolver.Announce(ResolverResult.ForResult(Addresses(0, 1), new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } }, null));
        using var channel = Channel(new PickFirstConfig(), options: static o => o.DisableResolverServiceConfig = true);
        await CountedServers.CallAsync(channel, 4, cancellationToken);
        Assert.That(_servers.Served, Is.EqualTo(new[] { 4, 0, 0 }));
    }

    [Test]
    public async Task Resolver_that_fails_ends_no_connection_and_its_reason_is_told(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        using var channel = Channel(new RoundRobinConfig());
        var failure = Assert.ThrowsAsync<RpcException>(() => CountedServers.CallAsync(channel, 1, cancellationToken))!;
        Assert.That(failure.Status.Detail, Is.EqualTo("nothing announced"));
        Announce(0);
        await CountedServers.CallAsync(channel, 1, cancellationToken);
        _resolver.Announce(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, "the registry is away")));
        await CountedServers.CallAsync(channel, 1, cancellationToken);
        Assert.That(_servers.Served[0], Is.EqualTo(2));
    }

    [Test]
    public async Task Authority_is_the_address_unless_its_attributes_name_another(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        var named = new BalancerAddress("127.0.0.1", _servers.Ports[0]);
        named.Attributes.Set(new BalancerAttributesKey<string>("HostOverride"), "ledger.example");
        _resolver.Announce(ResolverResult.ForResult([named, new BalancerAddress("127.0.0.1", _servers.Ports[1])]));
        using var channel = Channel(new RoundRobinConfig());
        await _servers.WarmAsync(channel, [0, 1], cancellationToken);
        await CountedServers.CallAsync(channel, 2, cancellationToken);
        Assert.That(_servers.Hosts.Take(2), Is.EqualTo(new[] { "ledger.example", $"127.0.0.1:{_servers.Ports[1]}" }));
    }

    [Test]
    public async Task Channels_that_share_a_handler_share_its_connections(CancellationToken cancellationToken)
    {
        await StartAllAsync();
        Announce(0);
        using var handler = new SocketsHttpHandler();
        using var one = Channel(new RoundRobinConfig(), options: o => o.HttpHandler = handler);
        using var other = GrpcChannel.ForAddress($"http://127.0.0.1:{_servers.Ports[0]}", new GrpcChannelOptions { HttpHandler = handler });
        await CountedServers.CallAsync(one, 1, cancellationToken);
        await other.ConnectAsync(cancellationToken);
        await CountedServers.CallAsync(other, 1, cancellationToken);
        await _servers.StopAsync(0);
        await Eventually.TrueAsync(() => one.State != ConnectivityState.Ready && other.State != ConnectivityState.Ready, "both see the end");
        await _servers.StartAsync(0);
        foreach (var channel in new[] { one, other })
        {
            var options = new CallOptions(cancellationToken: cancellationToken).WithWaitForReady();
            await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), options);
        }

        Assert.That(_servers.Served[0], Is.EqualTo(4));
    }

    [Test]
    public void Policies_of_which_none_is_known_are_refused() => Assert.That(
        () => Channel(new LoadBalancingConfig("best_of_all")), Throws.InvalidOperationException.With.Message.Contains("'best_of_all'"));

    [Test]
    public void Transport_that_opens_its_connections_itself_cannot_be_balanced()
    {
        using var http = new HttpClient();
        Assert.That(() => Channel(new RoundRobinConfig(), options: o => o.HttpClient = http), Throws.InvalidOperationException);
        Assert.That(
            () => GrpcChannel.ForAddress("http://127.0.0.1:1", new GrpcChannelOptions
            {
                HttpClient = http,
                ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } },
            }),
            Throws.InvalidOperationException);
    }

    private GrpcChannel Channel(
        LoadBalancingConfig policy, Action<IServiceCollection>? register = null, Action<GrpcChannelOptions>? options = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ResolverFactory>(new AnnouncedResolverFactory(_resolver));
        services.AddSingleton<LoadBalancerFactory, LeastBusyFactory>();
        register?.Invoke(services);
        var retry = new RetryPolicy
        {
            MaxAttempts = 3,
            InitialBackoff = TimeSpan.FromMilliseconds(1),
            MaxBackoff = TimeSpan.FromMilliseconds(1),
            BackoffMultiplier = 1,
            RetryableStatusCodes = { StatusCode.ResourceExhausted },
        };
        var made = new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            ServiceProvider = services.BuildServiceProvider(),
            ServiceConfig = new ServiceConfig
            {
                LoadBalancingConfigs = { policy },
                MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = retry } },
            },
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(100),
        };
        options?.Invoke(made);
        return GrpcChannel.ForAddress("announced:///ledger", made);
    }

    private Task StartAllAsync() => Task.WhenAll(Enumerable.Range(0, 3).Select(_servers.StartAsync));

    private void Announce(params int[] servers) => _resolver.Announce(ResolverResult.ForResult(Addresses(servers)));

    private BalancerAddress[] Addresses(params int[] servers) =>
    [
        .. servers.Select(i =>
        {
            var address = new BalancerAddress("127.0.0.1", _servers.Ports[i]);
            address.Attributes.Set(LeastBusyBalancer.RegionKey, i == 2 ? "two" : "one");
            return address;
        }),
    ];
}
