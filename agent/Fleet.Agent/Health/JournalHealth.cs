using Fleet.Agent.Capture;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>What the journal holds that the server does not have, and whether it can store.</summary>
public sealed class JournalHealth(ITransactionJournal journal, OfflineExposure exposure, JournalOptions options) : IHealthPart
{
    /// <inheritdoc/>
    public void AddTo(HealthReport report)
    {
        var waiting = exposure.Current();
        report.UnsentEntries = journal.Position.Unsent;
        report.UnsentPayments = (uint)waiting.Count;
        report.UnsentAmounts.Add(waiting.Sums.OrderBy(static s => s.Key, StringComparer.Ordinal).Select(static s => new Money { MinorUnits = s.Value, Currency = s.Key }));
        report.OldestUnsentSeconds = (ulong)waiting.Oldest.TotalSeconds;
        report.Storage = journal.Condition switch
        {
            JournalCondition.Healthy => HealthReport.Types.Storage.Healthy,
            JournalCondition.SpaceShort => HealthReport.Types.Storage.SpaceShort,
            JournalCondition.Failing => HealthReport.Types.Storage.Failing,
            _ => throw new InvalidOperationException($"No such condition: {journal.Condition}."),
        };
        report.DiskFreeBytes = Free();
    }

    // A disk that does not even tell is told by the journal's own condition.
    private ulong Free()
    {
        try
        {
            return (ulong)Math.Max(0, FreeSpace.Of(options.DataDirectory));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
