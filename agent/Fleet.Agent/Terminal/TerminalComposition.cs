using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Terminal;

/// <summary>What the terminal's line brings into the agent.</summary>
public static class TerminalComposition
{
    /// <summary>Adds the line to the terminal and what keeps it open.</summary>
    public static IServiceCollection AddTerminal(this IServiceCollection services, TerminalOptions options, TraceOptions trace) => services
        .AddSingleton(options)
        .AddSingleton(trace)
        .AddSingleton<TerminalManner>()
        .AddSingleton<LineTrace>()
        .AddSingleton<ITerminalOpener, TerminalOpener>()
        .AddSingleton<RegistrationDesk>()
        .AddSingleton<TerminalIdentityGuard>()
        .AddSingleton<TamperAlarm>()
        .AddSingleton<StatusQuestion>()
        .AddSingleton<TerminalIntroduction>()
        .AddSingleton<TerminalLine>()
        .AddHostedService<TraceLoop>()
        .AddHostedService<LineLoop>();

    private sealed class TraceLoop(LineTrace trace) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => trace.RunAsync(stoppingToken);
    }

    private sealed class LineLoop(TerminalLine line) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => line.RunAsync(stoppingToken);
    }
}
