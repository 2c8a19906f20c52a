using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Reconcile;

/// <summary>Runs the reconciler after every change of a settlement or command, and when a wait is over.</summary>
public sealed class ReconcileLoop(FleetDatabase database, Reconciler reconciler, ILogger<ReconcileLoop> logger) : BackgroundService
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            // Commands too: one that leaves the state "blocked" while the acquirer is missing has to be blocked again.
            var settlements = database.Changes.Next(Topic.Settlements);
            var commands = database.Changes.Next(Topic.Commands);
            var wait = await TryAsync(stoppingToken);
            await Task.WhenAny(settlements, commands, Task.Delay(wait, database.Clock, stoppingToken));
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<TimeSpan> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            var next = await reconciler.RunOnceAsync(cancellationToken);
            var wait = next - database.Clock.GetUtcNow() ?? LongestWait;
            return wait > LongestWait ? LongestWait : wait < ShortestWait ? ShortestWait : wait;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            ReconcileLog.Failed(logger, exception);
            return LongestWait;
        }
    }
}

/// <summary>Registers the reconciliation.</summary>
public static class ReconcileRoom
{
    /// <summary>Adds the reconciliation; needs the storage, <c>IDownlink</c> and <c>ICommandSigner</c>.</summary>
    public static IServiceCollection AddReconcile(this IServiceCollection services, ReconcileOptions options) => services
        .AddSingleton(options)
        .AddSingleton<Reconciler>()
        .AddHostedService<ReconcileLoop>();
}
