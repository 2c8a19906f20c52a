using Fleet.Grpc.Server.Tests.Support;
using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Fleet.Grpc.Server.Tests.Health;

/// <summary>Health as it is published, and at the beginning and the end of watching it.</summary>
[CancelAfter(60_000)]
public sealed class HealthEdgeTests
{
    // Nothing is published but by the test.
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    [Test]
    public async Task Watch_begins_with_how_things_are_now(CancellationToken cancellationToken)
    {
        var result = HealthCheckResult.Unhealthy();
        await using var world = await StartAsync(() => result);
        using var watch = Watch(world, string.Empty, cancellationToken);
        Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(ServingStatus.NotServing), "though nothing was published");
        await PublishAsync(world, HealthStatus.Healthy);
        Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(ServingStatus.Serving));
        using var unknown = Watch(world, "nothing", cancellationToken);
        Assert.That(await NextAsync(unknown, cancellationToken), Is.EqualTo(ServingStatus.ServiceUnknown));
        world.Errors.Clear();
    }

    [Test]
    public async Task Published_health_is_unknown_until_it_is_published(CancellationToken cancellationToken)
    {
        var asked = 0;
        await using var world = await StartAsync(
            () =>
            {
                asked++;
                return HealthCheckResult.Healthy();
            },
            static o => o.UseHealthChecksCache = true);
        var client = new HealthClient(world.Channel);
        var failure = Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.NotFound));
        using var watch = Watch(world, string.Empty, cancellationToken);
        Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(ServingStatus.ServiceUnknown));
        foreach (var (health, status) in new[] { (HealthStatus.Degraded, ServingStatus.Serving), (HealthStatus.Unhealthy, ServingStatus.NotServing) })
        {
            await PublishAsync(world, health);
            Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(status));
            Assert.That((await client.CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken)).Status, Is.EqualTo(status));
        }

        Assert.That(asked, Is.Zero);
    }

    [Test]
    public async Task Published_health_of_a_service_is_that_of_its_checks(CancellationToken cancellationToken)
    {
        await using var world = await StartAsync(
            static () => HealthCheckResult.Healthy(),
            static o =>
            {
                o.UseHealthChecksCache = true;
                o.Services.Map(string.Empty, static c => !c.Tags.Contains("aside"));
                o.Services.Map("aside", static c => c.Tags.Contains("aside"));
            });
        await PublishAsync(world, HealthStatus.Healthy, aside: HealthStatus.Unhealthy);
        var client = new HealthClient(world.Channel);
        Assert.That((await client.CheckAsync(new HealthCheckRequest(), cancellationToken: cancellationToken)).Status, Is.EqualTo(ServingStatus.Serving));
        Assert.That(
            (await client.CheckAsync(new HealthCheckRequest { Service = "aside" }, cancellationToken: cancellationToken)).Status,
            Is.EqualTo(ServingStatus.NotServing));
    }

    [Test]
    public async Task Watch_may_outlive_the_stopping_of_the_application(CancellationToken cancellationToken)
    {
        var world = await StartAsync(static () => HealthCheckResult.Healthy(), static o => o.SuppressCompletionOnShutdown = true);
        using var watch = Watch(world, string.Empty, cancellationToken);
        Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(ServingStatus.Serving));
        var stopping = world.StopAsync();
        await PublishAsync(world, HealthStatus.Unhealthy);
        Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(ServingStatus.NotServing), "it goes on");
        watch.Dispose();
        await stopping;
        await world.DisposeAsync();
    }

    [Test]
    public async Task Slow_watcher_hears_the_latest(CancellationToken cancellationToken)
    {
        var health = new HealthServiceImpl();
        await using var world = await GrpcWorld.StartAsync(
            configure: b => b.Services.AddSingleton(health), map: static app => app.MapGrpcService<HealthServiceImpl>());
        using var watch = Watch(world, "ledger", cancellationToken);
        Assert.That(await NextAsync(watch, cancellationToken), Is.EqualTo(ServingStatus.ServiceUnknown));
        for (var i = 0; i < 100; i++)
        {
            health.SetStatus("ledger", i % 2 == 0 ? ServingStatus.Serving : ServingStatus.NotServing);
        }

        health.ClearStatus("ledger");
        ServingStatus last;
        do
        {
            last = await NextAsync(watch, cancellationToken);
        }
        while (last != ServingStatus.ServiceUnknown);
    }

    private static Task<GrpcWorld> StartAsync(Func<HealthCheckResult> check, Action<GrpcHealthChecksOptions>? options = null) => GrpcWorld.StartAsync(
        configure: b =>
        {
            b.Services.AddGrpcHealthChecks(options ?? (static _ => { }))
                .AddCheck("main", check)
                .AddCheck("other", static () => HealthCheckResult.Healthy(), ["aside"]);
            b.Services.Configure<HealthCheckPublisherOptions>(static o => (o.Delay, o.Period) = (Never, Never));
        },
        map: static app => app.MapGrpcHealthChecksService());

    private static async Task PublishAsync(GrpcWorld world, HealthStatus status, HealthStatus aside = HealthStatus.Healthy)
    {
        var entries = new Dictionary<string, HealthReportEntry>
        {
            ["main"] = new(status, null, TimeSpan.Zero, null, null),
            ["other"] = new(aside, null, TimeSpan.Zero, null, null, ["aside"]),
        };
        foreach (var publisher in world.Services.GetServices<IHealthCheckPublisher>())
        {
            await publisher.PublishAsync(new HealthReport(entries, TimeSpan.Zero), CancellationToken.None);
        }
    }

    private static AsyncServerStreamingCall<HealthCheckResponse> Watch(GrpcWorld world, string service, CancellationToken cancellationToken) =>
        new HealthClient(world.Channel).Watch(new HealthCheckRequest { Service = service }, cancellationToken: cancellationToken);

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch, CancellationToken cancellationToken)
    {
        Assert.That(await watch.ResponseStream.MoveNext(cancellationToken), Is.True);
        return watch.ResponseStream.Current.Status;
    }
}
