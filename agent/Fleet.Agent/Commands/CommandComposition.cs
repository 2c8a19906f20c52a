using Fleet.Agent.Link;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Commands;

/// <summary>What the fleet's commands bring into the agent.</summary>
public static class CommandComposition
{
    /// <summary>Adds inbox, store and executor. Needs an <see cref="ICommandTrust"/>, an <see cref="IAgentConfiguration"/> and an <see cref="IDiagnosticsSource"/>.</summary>
    public static IServiceCollection AddCommands(this IServiceCollection services, CommandOptions options) => services
        .AddSingleton(options)
        .AddSingleton<FleetTime>()
        .AddSingleton<CommandTimes>()
        .AddSingleton<CommandEcho>()
        .AddSingleton<CommandStore>()
        .AddSingleton<ICommandStanding>(static s => s.GetRequiredService<CommandStore>())
        .AddSingleton<DisbeliefAlarm>()
        .AddSingleton<TerminalWork>()
        .AddSingleton<PatientLine>()
        .AddSingleton<SettlementSteps>()
        .AddSingleton<ICommandPlan, DisablePlan>()
        .AddSingleton<ICommandPlan, EnablePlan>()
        .AddSingleton<ICommandPlan, SettleAndLockPlan>()
        .AddSingleton<ICommandPlan, RetirePlan>()
        .AddSingleton<ICommandPlan, SettlePlan>()
        .AddSingleton<ICommandPlan, SyncPlan>()
        .AddSingleton<ICommandPlan, RulesPlan>()
        .AddSingleton<ICommandPlan, ConfigurationPlan>()
        .AddSingleton<ICommandPlan, TamperPlan>()
        .AddSingleton<ICommandErrand, DisplayErrand>()
        .AddSingleton<ICommandErrand, RestartErrand>()
        .AddSingleton<ICommandErrand, DiagnoseErrand>()
        .AddSingleton<ICommandErrand, ClockErrand>()
        .AddSingleton<ICommandErrand, DiagnosticsErrand>()
        .AddSingleton<ICommandPlan, ErrandPlan>()
        .AddSingleton<RetirementEnd>()
        .AddSingleton<RetentionEnd>()
        .AddSingleton<CommandExecutor>()
        .AddSingleton<ICommandInbox, CommandInbox>()
        .AddHostedService<TimeLoading>()
        .AddHostedService<CommandLoading>()
        .AddHostedService<OrderLoop>()
        .AddHostedService<EchoLoop>()
        .AddHostedService<ExecutorLoop>();

    private sealed class TimeLoading(FleetTime time, ICommandTrust trust) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await time.LoadAsync(cancellationToken);
            if (trust.EnrolledAt is { } enrolled)
            {
                time.Enrolled(enrolled);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class CommandLoading(CommandStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => store.LoadAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
