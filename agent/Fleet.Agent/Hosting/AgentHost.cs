using Fleet.Agent.Hosting.Diagnostics;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Hosting.Windows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Fleet.Agent.Hosting;

/// <summary>Builds the process around the rooms: nothing but what the agent uses.</summary>
public static class AgentHost
{
    // A running payment may take as long as a customer needs; systemd's own limit stands behind this one.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(30);

    /// <summary>A host that is ready to be started. Stops at SIGTERM, SIGINT and Ctrl-C.</summary>
    public static IHost Build(AgentSettings settings, IServiceManager manager, SettingInputs inputs)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, ApplicationName = "fleet-agent" });
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = Farewell);
        var level = new LogLevelSwitch(settings.LogLevel);
        var recent = new RecentLog(TimeProvider.System);
        builder.Services.AddSingleton(level).AddSingleton(recent).AddSingleton(inputs);
        builder.Services.AddLineLogging(level, recent, manager);
        builder.Services.AddAgent(settings, manager);
        return builder.Build();
    }

    /// <summary>Lines on the output for a person or the journal of systemd, the last of them in memory, and the event log where that is the way.</summary>
    internal static void AddLineLogging(this IServiceCollection services, LogLevelSwitch level, RecentLog recent, IServiceManager manager)
    {
        var underSystemd = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };
        services.AddLogging(logging => logging
            .AddEventLog(manager)
            .SetMinimumLevel(LogLevel.Trace)
            .AddFilter(level.Allows)
            .AddProvider(recent)
            .AddConsole(static console =>
            {
                console.FormatterName = LineFormatter.FormatterName;

                // Output that nobody takes makes nobody wait: a payment is worth more than a line about it.
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            }));
        services.AddSingleton<ConsoleFormatter>(s => new LineFormatter(s.GetRequiredService<TimeProvider>(), underSystemd));
    }

    // A service of Windows has no output that anybody reads.
    private static ILoggingBuilder AddEventLog(this ILoggingBuilder logging, IServiceManager manager)
    {
        if (OperatingSystem.IsWindows() && manager is WindowsService)
        {
            logging.Services.AddSingleton<ILoggerProvider, WindowsEventLog>();
        }

        return logging;
    }
}
