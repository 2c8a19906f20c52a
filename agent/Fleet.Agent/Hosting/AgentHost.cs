using Fleet.Agent.Hosting.Diagnostics;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Hosting.Windows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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
        builder.Services.AddSingleton(level).AddSingleton(inputs).AddAgentLog(manager);
        builder.Services.AddAgent(settings, manager);
        return builder.Build();
    }

    // In place of the logging that every host brings with it.
    private static void AddAgentLog(this IServiceCollection services, IServiceManager manager)
    {
        var underSystemd = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };
        services
            .AddSingleton<RecentLog>()
            .AddSingleton<ILogSink>(static s => s.GetRequiredService<RecentLog>())
            .AddSingleton<ILogSink>(s => new LogOutput(new LineFormatter(underSystemd), Console.OpenStandardOutput(), s.GetRequiredService<TimeProvider>()))
            .AddSingleton<ILoggerFactory, AgentLog>();

        // A service of Windows has no output that anybody reads.
        if (OperatingSystem.IsWindows() && manager is WindowsService)
        {
            services.AddSingleton<ILogSink, WindowsEventLog>();
        }
    }
}
