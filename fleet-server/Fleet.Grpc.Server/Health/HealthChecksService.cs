using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Health over the application's health checks: Check asks them, Watch follows what they publish.</summary>
internal sealed class HealthChecksService(
    HealthServiceImpl published, HealthCheckService checks, IOptions<GrpcHealthChecksOptions> options) : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache)
        {
            return await published.Check(request, context);
        }

        var mapping = options.Value.Services.Find(request.Service)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"The service '{request.Service}' is not known."));
        var report = await checks.CheckHealthAsync(mapping.Takes, context.CancellationToken);
        return new HealthCheckResponse { Status = ServingStatuses.Of(report.Status) };
    }

    public override Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context) =>
        published.Watch(request, responseStream, context);
}

/// <summary>Hands each published report on to those who watch.</summary>
internal sealed class HealthChecksPublisher(HealthServiceImpl published, IOptions<HealthCheckServiceOptions> registered, IOptions<GrpcHealthChecksOptions> options)
    : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var entries = registered.Value.Registrations.Where(mapping.Takes)
                .Select(r => report.Entries.TryGetValue(r.Name, out var entry) ? entry.Status : HealthStatus.Healthy);
            published.SetStatus(mapping.Name, ServingStatuses.Of(entries.DefaultIfEmpty(HealthStatus.Healthy).Min()));
        }

        return Task.CompletedTask;
    }
}

/// <summary>From the words of health checks to those of gRPC: degraded still serves.</summary>
internal static class ServingStatuses
{
    public static HealthCheckResponse.Types.ServingStatus Of(HealthStatus status) => status == HealthStatus.Unhealthy
        ? HealthCheckResponse.Types.ServingStatus.NotServing
        : HealthCheckResponse.Types.ServingStatus.Serving;
}
