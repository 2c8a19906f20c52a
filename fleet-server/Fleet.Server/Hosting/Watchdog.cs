using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Hosting;

/// <summary>
/// Tells the service manager that the server gets on, and only while it does: each time a write and a read went through the database, behind
/// whatever agents and operators have put there. A server that can store nothing is not alive, and a new start is what may help.
/// </summary>
public sealed class Watchdog(ServiceManager manager, FleetDatabase database, TimeProvider clock, ILogger<Watchdog> logger)
{
    /// <summary>Tells until cancelled; returns at once where nobody watches.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (manager.Watchdog is not { } patience)
        {
            return;
        }

        try
        {
            using var timer = new PeriodicTimer(patience / 3, clock);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await LookAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await database.WriteAsync(static (session, ct) => session.ScalarAsync("SELECT 1", [], ct), cancellationToken);
            await database.ReadAsync(static (session, ct) => session.ScalarAsync("SELECT 1", [], ct), cancellationToken);
            manager.Alive();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            WatchdogLog.NoProgress(logger, exception);
        }
    }
}

/// <summary>Log messages of the watchdog, events 3900 to 3909.</summary>
internal static partial class WatchdogLog
{
    [LoggerMessage(3900, LogLevel.Critical, "The database takes nothing: the service manager is not told that the server is alive")]
    public static partial void NoProgress(ILogger logger, Exception exception);
}
