using Fleet.Agent.Journal;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Hosting;

/// <summary>
/// Reports to the service manager: READY once everything has started, STOPPING at the end, and WATCHDOG only as long as the
/// journal's loop answers, because a process that can no longer store a payment is not alive.
/// </summary>
internal sealed class ServiceManagerService(IServiceManager manager, SqliteJournal journal, TimeProvider clock) : BackgroundService, IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        manager.Ready();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        manager.Stopping();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (manager.Watchdog is not { } watchdog)
        {
            return;
        }

        using var timer = new PeriodicTimer(watchdog / 3, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await journal.PulseAsync(stoppingToken);
            manager.Alive();
        }
    }
}
