using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Gate;

/// <summary>What the gate brings into the agent.</summary>
public static class GateComposition
{
    /// <summary>Adds the gate. Its position is read when the host starts, before anything that asks it.</summary>
    public static IServiceCollection AddGate(this IServiceCollection services) => services
        .AddSingleton<PaymentGate>()
        .AddHostedService<GateLoading>();

    private sealed class GateLoading(PaymentGate gate) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => gate.LoadAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
