using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Till;

/// <summary>What the tills' side brings into the agent.</summary>
public static class TillComposition
{
    /// <summary>Adds the endpoint that tills connect to.</summary>
    public static IServiceCollection AddTill(this IServiceCollection services, TillOptions options) => services
        .AddSingleton(options)
        .AddSingleton<TillLimits>()
        .AddSingleton<TillAdmission>()
        .AddSingleton<TillCapture>()
        .AddSingleton<TillDesk>()
        .AddSingleton<TillListener>()
        .AddHostedService<TillLoop>();

    private sealed class TillLoop(TillListener listener) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => listener.RunAsync(stoppingToken);
    }
}
