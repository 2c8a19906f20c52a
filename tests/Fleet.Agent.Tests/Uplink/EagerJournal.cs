using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Journal;

namespace Fleet.Agent.Tests.Uplink;

/// <summary>A journal that gets a new entry at the n-th look at its position, between two looks of whoever reads it.</summary>
internal sealed class EagerJournal(SqliteJournal journal, int look) : ITransactionJournal
{
    private int _looks;

    public bool HasStruck => Volatile.Read(ref _looks) >= look;

    public JournalPosition Position
    {
        get
        {
            if (Interlocked.Increment(ref _looks) == look)
            {
                var before = journal.Position.LastSequence;
                _ = journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("late")), CancellationToken.None).AsTask();
                SpinWait.SpinUntil(() => journal.Position.LastSequence > before);
            }

            return journal.Position;
        }
    }

    public JournalCondition Condition => journal.Condition;

    public ValueTask<JournalReceipt> AppendAsync(JournalWrite write, CancellationToken cancellationToken) => journal.AppendAsync(write, cancellationToken);

    public ValueTask<byte[]?> ReadStateAsync(string key, CancellationToken cancellationToken) => journal.ReadStateAsync(key, cancellationToken);

    public IAsyncEnumerable<KeyValuePair<string, byte[]>> ReadStatesAsync(string prefix, CancellationToken cancellationToken) => journal.ReadStatesAsync(prefix, cancellationToken);

    public ValueTask<JournalRun> ReadAsync(ulong afterSequence, int maxEntries, int maxBytes, CancellationToken cancellationToken) =>
        journal.ReadAsync(afterSequence, maxEntries, maxBytes, cancellationToken);

    public ValueTask AcknowledgeAsync(Guid epoch, ulong through, CancellationToken cancellationToken) => journal.AcknowledgeAsync(epoch, through, cancellationToken);

    public Task WaitForEntriesAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) => journal.WaitForEntriesAsync(epoch, sequence, cancellationToken);

    public Task<bool> WaitForAcknowledgementAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) =>
        journal.WaitForAcknowledgementAsync(epoch, sequence, cancellationToken);
}
