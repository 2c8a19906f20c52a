using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Gate;

/// <summary>What the gate brings into the agent.</summary>
public static class GateComposition
{
    /// <summary>Adds the gate and what is commanded about payments. Both are read when the host starts, before anything that asks them.</summary>
    public static IServiceCollection AddGate(this IServiceCollection services) => services
        .AddSingleton<PaymentGate>()
        .AddSingleton<PaymentRules>()
        .AddHostedService<GateLoading>();

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
