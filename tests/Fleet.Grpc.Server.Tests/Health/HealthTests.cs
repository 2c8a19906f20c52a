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

    private static async Task ExpectAsync(
        AsyncServerStreamingCall<HealthCheckResponse> watch, ServingStatus status, CancellationToken cancellationToken)
    {
        Assert.That(await watch.ResponseStream.MoveNext(cancellationToken), Is.True);
        Assert.That(watch.ResponseStream.Current.Status, Is.EqualTo(status));
    }

    private static async Task<ServingStatus> StatusAsync(HealthClient client, string service, CancellationToken cancellationToken) =>
        (await client.CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: cancellationToken)).Status;
}
