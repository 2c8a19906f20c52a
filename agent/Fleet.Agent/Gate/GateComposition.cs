using Fleet.Agent.Journal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Gate;

/// <summary>What the gate brings into the agent.</summary>
public static class GateComposition
{
    /// <summary>Adds the gate and what is commanded about payments. Both are read when the host starts, before anything that asks them.</summary>
    public static IServiceCollection AddGate(this IServiceCollection services, LeaseOptions lease) => services
        .AddSingleton(lease)
        .AddSingleton<Lease>()
        .AddHostedService<LeaseWatch>()
        .AddSingleton<PaymentGate>()
        .AddSingleton<PaymentRules>()
        .AddHostedService<GateLoading>();

    private sealed class LeaseWatch(Lease lease, TimeProvider clock, ILogger<Lease> logger) : BackgroundService
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            using var timer = new PeriodicTimer(Interval, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await lease.WatchAsync(stoppingToken);
                }
                catch (JournalFaultException fault)
                {
                    LeaseLog.NotTold(logger, fault);
                }
            }
        }
    }

    private sealed class GateLoading(PaymentGate gate, PaymentRules rules) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await gate.LoadAsync(cancellationToken);
            await rules.LoadAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
