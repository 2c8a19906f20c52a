using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Health;

/// <summary>Runs the health reporter.</summary>
internal sealed class HealthService(HealthReporter reporter) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => reporter.RunAsync(stoppingToken);
}
