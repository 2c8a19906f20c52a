using Fleet.Agent.Hosting;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Health;

/// <summary>What the line to the terminal looks like from outside.</summary>
public interface ILineHealth
{
    /// <summary>How the line stands now, and the terminal's status code (05 01; 0 = ready).</summary>
    (HealthReport.Types.Link Link, uint TerminalStatus) Read();
}

/// <summary>
/// Writes a health entry when the line or the terminal's state changes, at most one in so much time, and one now and then although
/// nothing changed.
/// </summary>
public sealed class HealthReporter(
    ITransactionJournal journal, ILineHealth line, HealthOptions options, TimeProvider clock, ILogger<HealthReporter> logger)
{
    private (HealthReport.Types.Link, uint)? _reported;
    private long _reportedAt;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.MinimumInterval, clock);
        do
        {
            await ReportAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Writes an entry if it is time for one.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        var now = line.Read();
        var isDue = options.Heartbeat > TimeSpan.Zero && clock.GetElapsedTime(_reportedAt) >= options.Heartbeat;
        if (_reported == now && !isDue)
        {
            return;
        }

        var report = new HealthReport
        {
            Link = now.Link,
            TerminalStatus = now.TerminalStatus,
            UnsentEntries = journal.Position.Unsent,
            AgentVersion = AgentVersion.Text,
        };
        try
        {
            await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Health = report }), cancellationToken);
            (_reported, _reportedAt) = (now, clock.GetTimestamp());
        }
        catch (JournalFaultException fault)
        {
            // Health is the first thing to go without; the next round tries again.
            HealthLog.NotStored(logger, fault.Message);
        }
    }
}
