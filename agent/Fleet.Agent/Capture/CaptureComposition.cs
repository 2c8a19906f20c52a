using Fleet.Agent.Terminal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Capture;

/// <summary>What capture brings into the agent.</summary>
public static class CaptureComposition
{
    /// <summary>Adds the writing of payments and settlements, and the learning of what was lost.</summary>
    public static IServiceCollection AddCapture(this IServiceCollection services) => services
        .AddSingleton<OfflineExposure>()
        .AddSingleton<CaptureStore>()
        .AddSingleton<PaymentFates>()
        .AddSingleton<BlockedTerminal>()
        .AddSingleton<PaymentCapture>()
        .AddSingleton<SettlementCapture>()
        .AddSingleton<SettlementRecovery>()
        .AddSingleton<ReceiptQuestions>()
        .AddSingleton<EndOfDayRun>()
        .AddSingleton<OutcomeResolver>()
        .AddSingleton<ILateDialogue, LateDialogue>()
        .AddSingleton<IStatusWitness, AutomaticSettlement>()
        .AddSingleton<ILineDuty>(static s => s.GetRequiredService<OutcomeResolver>())
        .AddSingleton<ILineDuty, SettlementDuty>()
        .AddHostedService<CaptureLoading>();

    private sealed class CaptureLoading(CaptureStore store) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => store.LoadAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
