using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Trust;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fleet.Server.Observe;

/// <summary>Whether the database answers.</summary>
public sealed class StorageHealth(ITerminalRegistry registry) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var page = await registry.ListAsync(new ListQuery(1, string.Empty, string.Empty), cancellationToken);
        return page.Refusal is { } refusal ? HealthCheckResult.Unhealthy(refusal.Text) : HealthCheckResult.Healthy();
    }
}

/// <summary>Whether there is room on the disk for what agents will send.</summary>
public sealed class DiskHealth(DataDirectory data) : IHealthCheck
{
    private const long Low = 1024L * 1024 * 1024;
    private const long Out = 64L * 1024 * 1024;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var free = new DriveInfo(data.Root).AvailableFreeSpace;
        var text = $"{free / (1024 * 1024)} MB free";
        return Task.FromResult(free < Out ? HealthCheckResult.Unhealthy(text) : free < Low ? HealthCheckResult.Degraded(text) : HealthCheckResult.Healthy(text));
    }
}

/// <summary>Whether the certificates still have time.</summary>
public sealed class CertificateHealth(FleetTrust trust, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow();
        var (server, authority) = (trust.Server.Certificate, trust.Authority.Certificate);
        var end = (server.NotAfter < authority.NotAfter ? server : authority).NotAfter.ToUniversalTime();
        var text = $"valid until {end:yyyy-MM-dd}";
        return Task.FromResult(
            end <= now.UtcDateTime ? HealthCheckResult.Unhealthy(text)
            : now > ServerCertificateFile.DueAt(server) + Patience ? HealthCheckResult.Degraded(text + "; the server's certificate was to be renewed and was not")
            : authority.NotAfter.ToUniversalTime() - now.UtcDateTime < Soon ? HealthCheckResult.Degraded(text + "; the authority ends")
            : HealthCheckResult.Healthy(text));
    }
}
