using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Terminal;

/// <summary>What the terminal's line brings into the agent.</summary>
public static class TerminalComposition
{
    /// <summary>Adds the line to the terminal and what keeps it open.</summary>
    public static IServiceCollection AddTerminal(this IServiceCollection services, TerminalOptions options) => services
        .AddSingleton(options)
        .AddSingleton<ITerminalOpener, TerminalOpener>()
        .AddSingleton<RegistrationDesk>()
        .AddSingleton<TerminalIdentityGuard>()
        .AddSingleton<StatusQuestion>()
        .AddSingleton<TerminalIntroduction>()
        .AddSingleton<TerminalLine>()
        .AddHostedService<LineLoop>();

    private sealed class LineLoop(TerminalLine line) : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => line.RunAsync(stoppingToken);
    }
}
