using Fleet.Grpc.Server.Tests.Support;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using HealthClient = Grpc.Health.V1.Health.HealthClient;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Fleet.Grpc.Server.Tests.Health;

[CancelAfter(60_000)]
public sealed class HealthTests
{
    [Test]
    public async Task Check_asks_the_checks_of_the_service(CancellationToken cancellationToken)
    {
        var database = HealthCheckResult.Healthy();
        await using var world = await GrpcWorld.StartAsync(
            configure: b => b.Services
                .AddGrpcHealthChecks(static o => o.Services.Map("ledger", static c => c.Tags.Contains("ledger")))
                .AddCheck("database", () => database, ["ledger"])
                .AddCheck("broker", static () => HealthCheckResult.Degraded()),
            map: static app => app.MapGrpcHealthChecksService());
        var client = new HealthClient(world.Channel);
        Assert.That(await StatusAsync(client, "", cancellationToken), Is.EqualTo(ServingStatus.Serving), "degraded still serves");
        database = HealthCheckResult.Unhealthy();
        Assert.That(await StatusAsync(client, "", cancellationToken), Is.EqualTo(ServingStatus.NotServing));
        Assert.That(await StatusAsync(client, "ledger", cancellationToken), Is.EqualTo(ServingStatus.NotServing));
        var failure = Assert.ThrowsAsync<RpcException>(() => StatusAsync(client, "nothing", cancellationToken));
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.NotFound));
        world.Errors.Clear();
    }

    [Test]
    public async Task Watch_tells_the_present_status_and_every_change(CancellationToken cancellationToken)
    {
        var health = new HealthServiceImpl();
        await using var world = await GrpcWorld.StartAsync(
            configure: b => b.Services.AddSingleton(health), map: static app => app.MapGrpcService<HealthServiceImpl>());
        using var watch = new HealthClient(world.Channel).Watch(new HealthCheckRequest { Service = "ledger" }, cancellationToken: cancellationToken);
        await ExpectAsync(watch, ServingStatus.ServiceUnknown, cancellationToken);
        health.SetStatus("ledger", ServingStatus.Serving);
        await ExpectAsync(watch, ServingStatus.Serving, cancellationToken);
        health.SetStatus("ledger", ServingStatus.Serving);
        health.SetStatus("ledger", ServingStatus.NotServing);
        await ExpectAsync(watch, ServingStatus.NotServing, cancellationToken);
        health.ClearAll();
        await ExpectAsync(watch, ServingStatus.ServiceUnknown, cancellationToken);
    }

    [Test]
    public async Task Watch_says_not_serving_and_ends_when_the_server_stops(CancellationToken cancellationToken)
    {
        var world = await GrpcWorld.StartAsync(
            configure: static b => b.Services.AddGrpcHealthChecks().AddCheck("ledger", static () => HealthCheckResult.Healthy()),
            map: static app => app.MapGrpcHealthChecksService());
        using var watch = new HealthClient(world.Channel).Watch(new HealthCheckRequest(), cancellationToken: cancellationToken);
        Assert.That(await watch.ResponseStream.MoveNext(cancellationToken), Is.True);
        var last = watch.ResponseStream.Current.Status;
        var stopping = world.StopAsync();
        while (await watch.ResponseStream.MoveNext(cancellationToken))
        {
            last = watch.ResponseStream.Current.Status;
        }

        Assert.That(last, Is.EqualTo(ServingStatus.NotServing));
        Assert.That(watch.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
        await stopping;
        await world.DisposeAsync();
    }

    [Test]
    public async Task Results_may_choose_what_counts(CancellationToken cancellationToken)
    {
#pragma warning disable CS0618 // Code that is older than Map goes on working.
        await using var world = await GrpcWorld.StartAsync(
            configure: static b => b.Services
                .AddGrpcHealthChecks(static o => o.Services.MapService("ledger", static r => r.Name == "database"))
                .AddCheck("database", static () => HealthCheckResult.Healthy())
                .AddCheck("broker", static () => HealthCheckResult.Unhealthy()),
            map: static app => app.MapGrpcHealthChecksService());
#pragma warning restore CS0618
        var client = new HealthClient(world.Channel);
        Assert.That(await StatusAsync(client, "ledger", cancellationToken), Is.EqualTo(ServingStatus.Serving));
        Assert.That(await StatusAsync(client, "", cancellationToken), Is.EqualTo(ServingStatus.NotServing));
        world.Errors.Clear();
    }

    [Test]
    public async Task Health_of_what_has_no_checks_is_unknown([Values] bool published, CancellationToken cancellationToken)
    {
        await using var world = await GrpcWorld.StartAsync(
            configure: b => b.Services
                .AddGrpcHealthChecks(o =>
                {
                    o.UseHealthChecksCache = published;
                    o.Services.Map("ledger", static c => c.Tags.Contains("ledger"));
                })
                .AddCheck("broker", static () => HealthCheckResult.Healthy()),
            map: static app => app.MapGrpcHealthChecksService());
        var client = new HealthClient(world.Channel);
        await Fleet.Testing.Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return await StatusAsync(client, "", cancellationToken) == ServingStatus.Serving;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
                {
                    return false;
                }
            },
            "health is published");
        Assert.That(await StatusAsync(client, "ledger", cancellationToken), Is.EqualTo(ServingStatus.Unknown));
    }

    [Test]
    public void Service_without_a_name_is_refused()
    {
        var health = new HealthServiceImpl();
        Assert.That(() => health.SetStatus(null!, ServingStatus.Serving), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("service"));
        Assert.That(() => health.ClearStatus(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("service"));
    }

    private static async Task ExpectAsync(
        AsyncServerStreamingCall<HealthCheckResponse> watch, ServingStatus status, CancellationToken cancellationToken)
    {
        Assert.That(await watch.ResponseStream.MoveNext(cancellationToken), Is.True);
        Assert.That(watch.ResponseStream.Current.Status, Is.EqualTo(status));
    }

    private static async Task<ServingStatus> StatusAsync(HealthClient client, string service, CancellationToken cancellationToken) =>
        (await client.CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: cancellationToken)).Status;
}
