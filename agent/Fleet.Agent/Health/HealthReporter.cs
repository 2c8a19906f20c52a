using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Health;

/// <summary>Writes health entries at the pace of <see cref="HealthPace"/>.</summary>
public sealed class HealthReporter(
    ITransactionJournal journal, IEnumerable<IHealthPart> parts, HealthPace pace, TimeProvider clock, ILogger<HealthReporter> logger)
{
    private readonly IHealthPart[] _parts = [.. parts];

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(pace.MinimumInterval, clock);
        do
        {
            await ReportAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Writes an entry if it is time for one.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        var report = new HealthReport();
        foreach (var part in _parts)
        {
            part.AddTo(report);
        }

        if (!pace.IsDue(report))
        {
            return;
        }

        try
        {
            await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Health = report }), cancellationToken);
            pace.Written(report);
        }
        catch (JournalFaultException fault)
        {
            // Health is the first thing to go without; the next round tries again.
            HealthLog.NotStored(logger, fault.Message);
        }
    }
}
