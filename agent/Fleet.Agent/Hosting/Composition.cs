using Fleet.Agent.Capture;
using Fleet.Agent.Commands;
using Fleet.Agent.Gate;
using Fleet.Agent.Health;
using Fleet.Agent.Hosting.Control;
using Fleet.Agent.Hosting.Diagnostics;
using Fleet.Agent.Hosting.Settings;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Terminal;
using Fleet.Agent.Till;
using Fleet.Agent.Uplink;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting;

/// <summary>The agent as a table of contents: one line for each room.</summary>
public static class Composition
{
    /// <summary>Everything an agent is made of.</summary>
    public static IServiceCollection AddAgent(this IServiceCollection services, AgentSettings settings, IServiceManager manager) => services
        .AddSingleton(TimeProvider.System)
        .AddSingleton(settings)
        .AddJournal(settings.Journal)
        .AddGate(settings.Lease)
        .AddHostedService<DamagedStateGuard>()
        .AddCapture()
        .AddIdentity()
        .AddCommands(settings.Commands)
        .AddHostedService<BurialService>()
        .AddSiteControl()
        .AddTerminal(TerminalOf(settings), TraceIn(settings))
        .AddTill(settings.Till)
        .AddLink(settings.Link)
        .AddUplink(settings.Uplink)
        .AddHealth(settings.Health)
        .AddServiceManager(manager);

    private static TerminalOptions TerminalOf(AgentSettings settings)
    {
        settings.Terminal.OffersUtf8 = settings.Till.Language == "zh";
        return settings.Terminal;
    }

    private static TraceOptions TraceIn(AgentSettings settings)
    {
        settings.Trace.Folder = Path.Combine(settings.Journal.DataDirectory, "trace");
        return settings.Trace;
    }

    private static IServiceCollection AddJournal(this IServiceCollection services, JournalOptions options)
    {
        options.AgentVersion = AgentVersion.Text;
        return services
            .AddSingleton(options)
            .AddSingleton(CrashPointsFromEnvironment.Create())
            .AddHostedService<StampedTime>()
            .AddSingleton(static s => SqliteJournal.Open(
                s.GetRequiredService<JournalOptions>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ICrashPoints>(),
                s.GetRequiredService<ILogger<SqliteJournal>>()))
            .AddSingleton<ITransactionJournal>(static s => s.GetRequiredService<SqliteJournal>());
    }

    private static IServiceCollection AddIdentity(this IServiceCollection services) => services
        .AddSingleton(static s => new IdentityStore(s.GetRequiredService<JournalOptions>().DataDirectory))
        .AddSingleton<CurrentIdentity>()
        .AddSingleton<ICurrentIdentity>(static s => s.GetRequiredService<CurrentIdentity>())
        .AddSingleton<ICommandTrust, IdentityTrust>()
        .AddSingleton<IRetirementErasure, IdentityErasure>()
        .AddSingleton<IRetirementWitness, RetirementWitness>();

    private static IServiceCollection AddLink(this IServiceCollection services, LinkOptions options) => services
        .AddSingleton(options)
        .AddSingleton<MqttFleetLink>()
        .AddSingleton<IFleetLink>(static s => s.GetRequiredService<MqttFleetLink>())
        .AddSingleton<CertificateRenewal>()
        .AddHostedService<IdentityWatch>()
        .AddHostedService<LinkService>()
        .AddHostedService<RenewalService>();

    private static IServiceCollection AddUplink(this IServiceCollection services, UplinkOptions options) => services
        .AddSingleton(options)
        .AddSingleton<UplinkProgress>()
        .AddSingleton(static s => new UplinkContext(
            s.GetRequiredService<TimeProvider>(), AgentVersion.Text, () => s.GetRequiredService<ICommandTrust>().Bundle.Version, s.GetRequiredService<ILogger<JournalUplink>>()))
        .AddSingleton<JournalUplink>()
        .AddHostedService<UplinkService>();

    private static IServiceCollection AddHealth(this IServiceCollection services, HealthOptions options) => services
        .AddSingleton(options)
        .AddSingleton<IStatusSource, AgentStatusSource>()
        .AddSingleton<IStatusSource, TerminalStatusSource>()
        .AddSingleton<IStatusSource, TraceStatusSource>()
        .AddSingleton<IStatusSource, GateStatusSource>()
        .AddSingleton<IStatusSource, LeaseStatusSource>()
        .AddSingleton<IStatusSource, CommandStatusSource>()
        .AddSingleton<IStatusSource, LinkStatusSource>()
        .AddSingleton<IStatusSource, JournalStatusSource>()
        .AddSingleton<ILineUse>(static s => s.GetRequiredService<TerminalLine>())
        .AddSingleton<IHealthPart, LineHealth>()
        .AddSingleton<IHealthPart, AgentHealth>()
        .AddSingleton<IHealthPart, JournalHealth>()
        .AddSingleton<HealthPace>()
        .AddSingleton<HealthReporter>()
        .AddHostedService<HealthService>()
        .AddHostedService<StatusService>();

    private static IServiceCollection AddSiteControl(this IServiceCollection services) => services
        .AddSingleton<RunningSettings>()
        .AddSingleton<IAgentConfiguration>(static s => s.GetRequiredService<RunningSettings>())
        .AddSingleton<IDiagnosticsSource, DiagnosticsBundle>()
        .AddSingleton<TraceSwitch>()
        .AddSingleton<ControlDesk>()
        .AddHostedService<ReloadService>()
        .AddHostedService<ControlService>();

    private static IServiceCollection AddServiceManager(this IServiceCollection services, IServiceManager manager) => services
        .AddSingleton(manager)
        .AddHostedService<ServiceManagerService>();

    // The journal stamps with what the time knows, and the time is kept in the journal: the one is told of the other when both are there.
    private sealed class StampedTime(JournalOptions options, FleetTime time) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            options.ServerOffset = () => time.Offset;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
