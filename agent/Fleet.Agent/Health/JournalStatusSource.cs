using Fleet.Agent.Capture;
using Fleet.Agent.Journal;
using Fleet.Contracts;

namespace Fleet.Agent.Health;

/// <summary>The journal: how much waits, and whether it can store.</summary>
public sealed class JournalStatusSource(ITransactionJournal journal, OfflineExposure exposure) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var position = journal.Position;
        yield return new StatusLine("journal.unsent", "Not yet at the server", position.Unsent switch
        {
            0 => "nothing",
            1 => "1 entry",
            var n => $"{n} entries",
        });
        if (exposure.Current() is { Count: > 0 } money)
        {
            var sums = string.Join(", ", money.Sums.OrderBy(static s => s.Key, StringComparer.Ordinal).Select(static s => MoneyText.Format(s.Value, s.Key)));
            yield return new StatusLine("journal.money", "Money only here", $"{money.Count} payments, {sums}, oldest {DurationText.Of(money.Oldest)}");
        }

        yield return journal.Condition switch
        {
            JournalCondition.Healthy => new StatusLine("journal.condition", "Journal", $"healthy, {position.LastSequence} entries"),
            JournalCondition.SpaceShort => new StatusLine(
                "journal.condition", "Journal", "space on the disk is short: no new payments", StatusLevel.Bad, "Free space on this computer's disk; payments start again by themselves."),
            JournalCondition.Failing => new StatusLine(
                "journal.condition", "Journal", "the disk does not store: no new payments", StatusLevel.Bad, "Look at the system log for disk errors; replace the disk."),
            _ => throw new InvalidOperationException($"No such condition: {journal.Condition}."),
        };
        yield return new StatusLine("journal.epoch", "Epoch", position.Epoch.ToString());
        yield return new StatusLine("journal.last", "Last entry", $"{position.LastSequence}");
        yield return new StatusLine("journal.acknowledged", "Acknowledged through", $"{position.AcknowledgedThrough}");
    }
}
