using Fleet.Contracts;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Terminals;

namespace Fleet.Server.Dispatch;

/// <summary>Keeps the command road moving: starts and ends commands when their time comes, and hands changes to the deliveries.</summary>
public sealed class Dispatcher(FleetDatabase database, CommandQueue queue, AgentBook book, DeliveryTurns turns, ILogger<Dispatcher> logger) : BackgroundService
{
    // Also the time after which a failed look is tried again, and a change of another server is seen.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await book.ForgetConnectionsAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(FollowChangesAsync(stoppingToken), SweepAsync(stoppingToken));

    private async Task FollowChangesAsync(CancellationToken cancellationToken)
    {
        var listener = database.Changes.Listen(Topic.Commands);
        while (true)
        {
            foreach (var key in await listener.TakeAsync(cancellationToken))
            {
                turns.Request(TerminalId.Parse(key), Occasion.Change);
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = database.Changes.Next(Topic.Commands);
            var wait = await TrySweepAsync(cancellationToken);
            await Task.WhenAny(changed, Task.Delay(wait, database.Clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<TimeSpan> TrySweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Looked at first: a sweep is a write, and most changes need none.
            var next = await queue.NextSweepAsync(cancellationToken);
            while (next <= database.Clock.GetUtcNow())
            {
                await queue.SweepAsync(cancellationToken);
                next = await queue.NextSweepAsync(cancellationToken);
            }

            var wait = next - database.Clock.GetUtcNow() ?? LongestWait;
            return wait > LongestWait ? LongestWait : wait < ShortestWait ? ShortestWait : wait;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            DispatchLog.SweepFailed(logger, exception);
            return LongestWait;
        }
    }
}

/// <summary>Registers the dispatch.</summary>
public static class DispatchRoom
{
    /// <summary>Adds <see cref="IAgentPresence"/> and the command road; needs the storage, <see cref="IDownlink"/> and <c>ICommandSigner</c>.</summary>
    public static IServiceCollection AddDispatch(this IServiceCollection services) => services
        .AddSingleton<ConnectedAgents>()
        .AddSingleton<Heartbeats>()
        .AddSingleton<TrustDelivery>()
        .AddSingleton<CommandDelivery>()
        .AddSingleton<DeliveryTurns>()
        .AddSingleton<IAgentPresence, AgentPresence>()
        .AddHostedService<Dispatcher>()
        .AddHostedService<HeartbeatLoop>();
}
