using Grpc.AspNetCore.HealthChecks;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Health over the application's health checks: Check asks them, Watch follows what they publish.</summary>
internal sealed class HealthChecksService(
    HealthServiceImpl published, HealthCheckService checks, IOptions<GrpcHealthChecksOptions> options, IHostApplicationLifetime lifetime)
    : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache)
        {
            return await published.Check(request, context);
        }

        var mapping = options.Value.Services.Find(request.Service)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"The service '{request.Service}' is not known."));
        return new HealthCheckResponse { Status = await AskAsync(mapping, context.CancellationToken) };
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // Who begins to watch hears how things are now, not how they were when last published.
        if (!options.Value.UseHealthChecksCache && options.Value.Services.Find(request.Service) is { } mapping)
        {
            published.SetStatus(request.Service, await AskAsync(mapping, context.CancellationToken));
        }

        if (options.Value.SuppressCompletionOnShutdown)
        {
            await published.Watch(request, responseStream, context);
            return;
        }

        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await published.WatchAsync(request.Service, responseStream, ends.Token);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(
                new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.NotServing }, context.CancellationToken);
        }
    }

    private async Task<HealthCheckResponse.Types.ServingStatus> AskAsync(ServiceMapping mapping, CancellationToken cancellationToken) =>
        ServingStatuses.Of(mapping, (await checks.CheckHealthAsync(mapping.Takes, cancellationToken)).Entries);
}

/// <summary>Hands each published report on to those who watch.</summary>
internal sealed class HealthChecksPublisher(HealthServiceImpl published, IOptions<HealthCheckServiceOptions> registered, IOptions<GrpcHealthChecksOptions> options)
    : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var names = registered.Value.Registrations.Where(mapping.Takes).Select(static r => r.Name);
            published.SetStatus(mapping.Name, ServingStatuses.Of(mapping, report.Entries.Where(e => names.Contains(e.Key))));
        }

        return Task.CompletedTask;
    }
}

/// <summary>From the words of health checks to those of gRPC: degraded still serves, and of what has no checks nothing is known.</summary>
internal static class ServingStatuses
{
    public static HealthCheckResponse.Types.ServingStatus Of(ServiceMapping mapping, IEnumerable<KeyValuePair<string, HealthReportEntry>> results)
    {
        var status = HealthCheckResponse.Types.ServingStatus.Unknown;
        foreach (var (check, result) in results.Where(r => mapping.Counts(r.Key, r.Value)))
        {
            if (result.Status == HealthStatus.Unhealthy)
            {
                return HealthCheckResponse.Types.ServingStatus.NotServing;
            }

            status = HealthCheckResponse.Types.ServingStatus.Serving;
        }

        return status;
    }
}
