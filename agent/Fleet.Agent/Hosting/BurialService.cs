using Fleet.Agent.Commands;
using Fleet.Agent.Journal;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Hosting;

/// <summary>
/// When a retired terminal's retention is over: the tombstone, and the end of this process. The journal is erased by <see cref="Runner"/> when its
/// file is closed, or at the next start.
/// </summary>
internal sealed class BurialService(
    RetentionEnd retention, JournalOptions journal, CommandTimes times, ICrashPoints crashPoints, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var retired = await retention.WaitAsync(stoppingToken);
        crashPoints.Reached("burial-before");
        new Tombstone(retired.Id, times.Fleet.Now, Key: null, Erased: null).Write(journal.DataDirectory);
        crashPoints.Reached("burial-durable");
        lifetime.StopApplication();
    }
}
