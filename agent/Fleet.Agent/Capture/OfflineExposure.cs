using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Capture;

/// <summary>What is approved on this agent and not held by the server yet.</summary>
/// <param name="Count">Approved payments.</param>
/// <param name="Sums">Their amounts without direction, minor units by ISO 4217 letters: what would be lost with this machine.</param>
/// <param name="Oldest">Age of the oldest; zero when there is none.</param>
public sealed record Exposure(int Count, IReadOnlyDictionary<string, long> Sums, TimeSpan Oldest);

/// <summary>
/// Keeps count of the money that only this machine knows of. Memory only: it is made anew from the journal at start, and pruned by the
/// server's acknowledgements.
/// </summary>
public sealed class OfflineExposure(ITransactionJournal journal, TimeProvider clock)
{
    private const int PageEntries = 1000;
    private const int PageBytes = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<Item> _items = new();
    private readonly Dictionary<string, Total> _totals = new(StringComparer.Ordinal);
    private Guid _epoch;

    /// <summary>Reads what an earlier run left unsent.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var position = journal.Position;
        var after = position.AcknowledgedThrough;
        while (after < position.LastSequence)
        {
            var run = await journal.ReadAsync(after, PageEntries, PageBytes, cancellationToken);
            if (run.Entries.Count == 0)
            {
                return;
            }

            foreach (var stored in run.Entries)
            {
                var entry = stored.Parse();
                if (entry.Transaction is { } transaction)
                {
                    Add(run.Epoch, stored.Sequence, transaction, Age(entry.Stamp));
                }
            }

            after = run.Entries[^1].Sequence;
        }
    }

    /// <summary>A transaction is durable at this sequence. Only approved ones count.</summary>
    public void Add(Guid epoch, ulong sequence, Transaction transaction) => Add(epoch, sequence, transaction, TimeSpan.Zero);

    /// <summary>What is unsent now.</summary>
    public Exposure Current()
    {
        var position = journal.Position;
        lock (_lock)
        {
            // What an epoch that is over has held travels under new sequences, which are all unsent at first; it is counted until they are held.
            while (_items.TryPeek(out var first) && _epoch == position.Epoch && first.Sequence <= position.AcknowledgedThrough)
            {
                TakeOutLocked();
            }

            while (_epoch != position.Epoch && position.Unsent == 0 && _items.Count > 0)
            {
                TakeOutLocked();
            }

            return new Exposure(_items.Count, _totals.ToDictionary(static t => t.Key, static t => t.Value.Minor, StringComparer.Ordinal), _items.TryPeek(out var oldest) ? clock.GetElapsedTime(oldest.Since) + oldest.Before : TimeSpan.Zero);
        }
    }

    private void Add(Guid epoch, ulong sequence, Transaction transaction, TimeSpan age)
    {
        if (transaction.Outcome != TransactionOutcome.Approved)
        {
            return;
        }

        lock (_lock)
        {
            _epoch = epoch;
            var currency = transaction.Amount.Currency;
            if (!_totals.TryGetValue(currency, out var total))
            {
                _totals[currency] = total = new Total(currency);
            }

            total.Count++;
            total.Minor += transaction.Amount.MinorUnits;
            _items.Enqueue(new Item(sequence, total, transaction.Amount.MinorUnits, clock.GetTimestamp(), age));
        }
    }

    private void TakeOutLocked()
    {
        var item = _items.Dequeue();
        item.Total.Minor -= item.Amount;
        if (--item.Total.Count == 0)
        {
            _totals.Remove(item.Total.Currency);
        }
    }

    private TimeSpan Age(Stamp? stamp)
    {
        var written = DateTimeOffset.UnixEpoch.AddTicks((stamp?.WallUnixMicros ?? 0) * TimeSpan.TicksPerMicrosecond);
        var age = clock.GetUtcNow() - written;
        return stamp is null || age < TimeSpan.Zero ? TimeSpan.Zero : age;
    }

    // Since: monotonic time of this run. Before: age it already had then.
    private readonly record struct Item(ulong Sequence, Total Total, long Amount, long Since, TimeSpan Before);

    private sealed class Total(string currency)
    {
        public string Currency => currency;

        public int Count { get; set; }

        public long Minor { get; set; }
    }
}
