using System.Net.Sockets;
using System.Threading.Channels;
using Fleet.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Grpc.Tests.Balancer;

/// <summary>Names that are looked up, and how often.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ResolverTests
{
    private readonly TestClock _clock = new();
    private readonly Channel<ResolverResult> _results = Channel.CreateUnbounded<ResolverResult>();

    [TestCase("dns:///localhost", 80)]
    [TestCase("dns:///localhost:5001", 5001)]
    public async Task Addresses_of_a_name_have_its_port_and_know_the_name(string address, int port, CancellationToken cancellationToken)
    {
        using var resolver = Started(address, Timeout.InfiniteTimeSpan);
        resolver.Refresh();
        var result = await _results.Reader.ReadAsync(cancellationToken);
        Assert.That(result.Addresses, Is.Not.Empty);
        Assert.That(result.Addresses.Select(static a => a.EndPoint.Port), Is.All.EqualTo(port));
        Assert.That(result.Addresses.Select(static a => a.HostOverride), Is.All.EqualTo($"localhost:{port}"));
    }

    [Test]
    public async Task Name_is_looked_up_at_most_every_fifteen_seconds(CancellationToken cancellationToken)
    {
        using var resolver = Started("dns:///localhost", Timeout.InfiniteTimeSpan);
        resolver.Refresh();
        await _results.Reader.ReadAsync(cancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(
            () =>
            {
                resolver.Refresh();
                return _clock.ArmedTimers == 1;
            },
            "the next question waits");
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.That(_clock.ArmedTimers, Is.EqualTo(1), "still");
        Assert.That(_results.Reader.TryRead(out _), Is.False);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _results.Reader.ReadAsync(cancellationToken)).Addresses, Is.Not.Empty);
    }

    [Test]
    public async Task Name_is_looked_up_again_after_the_interval(CancellationToken cancellationToken)
    {
        using var resolver = Started("dns:///localhost", TimeSpan.FromMinutes(1));
        resolver.Refresh();
        await _results.Reader.ReadAsync(cancellationToken);
        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromMinutes(1));
                return _results.Reader.TryRead(out _);
            },
            "there is a second answer");
    }

    [Test]
    public async Task Name_that_is_not_known_is_asked_for_again_after_a_pause(CancellationToken cancellationToken)
    {
        using var resolver = Started("dns:///nobody.invalid", Timeout.InfiniteTimeSpan);
        resolver.Refresh();
        for (var i = 0; i < 2; i++)
        {
            var result = await _results.Reader.ReadAsync(cancellationToken);
            Assert.That(result.Addresses, Is.Null);
            Assert.That(result.Status.StatusCode, Is.EqualTo(StatusCode.Unavailable));
            Assert.That(result.Status.Detail, Does.Contain("nobody.invalid"));
            Assert.That(result.Status.DebugException, Is.InstanceOf<SocketException>());
        }
    }

    [TestCase("dns:///")]
    [TestCase("dns://localhost")]
    public void Address_without_a_host_is_refused(string address) =>
        Assert.That(() => Started(address, Timeout.InfiniteTimeSpan), Throws.InvalidOperationException.With.Message.Contains("names no host"));

    [Test]
    public async Task Resolver_works_in_nobodys_context(CancellationToken cancellationToken)
    {
        var whose = new AsyncLocal<string?> { Value = "the first caller's" };
        var seen = Channel.CreateUnbounded<string?>();
        using var resolver = new Watcher(() => seen.Writer.TryWrite(whose.Value));
        resolver.Start(static _ => { });
        resolver.Refresh();
        Assert.That(await seen.Reader.ReadAsync(cancellationToken), Is.Null, "its timers");
        Assert.That(await seen.Reader.ReadAsync(cancellationToken), Is.Null, "its questions");
        Assert.That(whose.Value, Is.Not.Null);
    }

    private Resolver Started(string address, TimeSpan interval)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_clock).AddSingleton<IBackoffPolicyFactory>(new NoPauses());
        var options = new GrpcChannelOptions { ServiceProvider = services.BuildServiceProvider() };
        var resolver = new DnsResolverFactory(interval).Create(new ResolverOptions(new Uri(address), 80, options));
        resolver.Start(result => _results.Writer.TryWrite(result));
        return resolver;
    }

    private sealed class NoPauses : IBackoffPolicyFactory, IBackoffPolicy
    {
        public IBackoffPolicy Create() => this;

        public TimeSpan NextBackoff() => TimeSpan.FromMilliseconds(1);
    }

    private sealed class Watcher(Action work) : PollingResolver(NullLoggerFactory.Instance)
    {
        private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ITimer? _timer;

        protected override void OnStarted() => _timer = TimeProvider.System.CreateTimer(
            _ =>
            {
                work();
                _told.TrySetResult();
            },
            null,
            TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);

        protected override async Task ResolveAsync(CancellationToken cancellationToken)
        {
            await _told.Task.WaitAsync(cancellationToken);
            work();
        }

        protected override void Dispose(bool disposing)
        {
            _timer?.Dispose();
            base.Dispose(disposing);
        }
    }
}
