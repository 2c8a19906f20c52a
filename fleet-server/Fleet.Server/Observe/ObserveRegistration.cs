using System.Net.Mime;
using Fleet.Server.Trust;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fleet.Server.Observe;

/// <summary>The observers' part of the composition.</summary>
public static class ObserveRegistration
{
    private const string Scheme = "Bearer ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Metrics and the health of the parts.</summary>
    public static IServiceCollection AddObserve(this IServiceCollection services)
    {
        services.AddSingleton<ServerMetrics>().AddSingleton<MetricsBoard>();
        services.AddHealthChecks()
            .AddCheck<StorageHealth>("storage", HealthStatus.Unhealthy, [], Patience)
            .AddCheck<DiskHealth>("disk", HealthStatus.Unhealthy, [], Patience)
            .AddCheck<CertificateHealth>("certificates", HealthStatus.Unhealthy, [], Patience);
        return services;
    }

    /// <summary>
    /// <c>GET /metrics</c> for operators' tokens (Prometheus text) and <c>GET /healthz</c> for everybody: 200 while every part serves, 503 otherwise, one line a part
    /// without details.
    /// </summary>
    public static void MapObserve(this IEndpointRouteBuilder routes)
    {
        // The listener counts from its creation on.
        routes.ServiceProvider.GetRequiredService<MetricsBoard>();
        routes.MapGet("/metrics", static (HttpContext context, MetricsBoard board, FleetTrust trust) =>
            IsOperator(context, trust) ? Results.Text(board.Write(), "text/plain; version=0.0.4") : Results.Unauthorized());
        routes.MapGet("/healthz", HealthAsync);
    }

    private static async Task<IResult> HealthAsync(HealthCheckService checks, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(cancellationToken);
        var lines = report.Entries.Select(static e => $"{e.Key} {e.Value.Status}\n");
        var status = report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return Results.Text(string.Concat(lines), MediaTypeNames.Text.Plain, statusCode: status);
    }

    private static bool IsOperator(HttpContext context, FleetTrust trust)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && trust.Operators.WhoIs(header[Scheme.Length..].Trim()) is not null;
    }
}
