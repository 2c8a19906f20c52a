using System.Runtime.CompilerServices;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Capture;

/// <summary>
/// The journal's twin without a disk: what was appended is "durable" as long as the object lives, whatever happens to the agent above
/// it. Plays the server too: it acknowledges at once, or when told.
/// </summary>
internal sealed class MemoryJournal : ITransactionJournal
{
    private readonly Lock _lock = new();
    private readonly List<StoredEntry> _entries = [];
    private readonly SortedDictionary<string, byte[]> _state = new(StringComparer.Ordinal);
    private readonly Guid _epoch = Guid.NewGuid();
    private ulong _acknowledged;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JournalCondition Condition { get; set; } = JournalCondition.Healthy;

    /// <summary>Acknowledges everything as soon as it is durable.</summary>
    public bool AcknowledgesAtOnce { get; set; } = true;

    /// <summary>Makes the next appends whose entries or keys fit fail.</summary>
    public Func<JournalWrite, bool> Fails { get; set; } = static _ => false;

    public JournalPosition Position
    {
        get
        {
            lock (_lock)
            {
                return new JournalPosition(_epoch, (ulong)_entries.Count, JournalChain.Genesis, AcknowledgesAtOnce ? (ulong)_entries.Count : _acknowledged);
            }
        }
    }

    public IReadOnlyList<JournalEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Select(static e => e.Parse())];
            }
        }
    }

    public IReadOnlyList<string> Keys
    {
        get
        {
            lock (_lock)
            {
                return [.. _state.Keys];
            }
        }
    }

    /// <summary>A key was never written.</summary>
    public void Forget(string key)
    {
        lock (_lock)
        {
            _state.Remove(key);
        }
    }

    /// <summary>Every byte that was ever written, for scans.</summary>
    public byte[] Everything
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.SelectMany(static e => e.Bytes.ToArray()), .. _state.Values.SelectMany(static v => v)];
            }
        }
    }

    public ValueTask<JournalReceipt> AppendAsync(JournalWrite write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Fails(write))
        {
            throw new JournalFaultException(JournalFault.CommitFailed, "the disk does not take it");
        }

        Assert.That(write.Bodies.Count + write.State.Count, Is.Positive, "an empty write");
        lock (_lock)
        {
            var first = (ulong)_entries.Count + 1;
            foreach (var body in write.Bodies)
            {
                var entry = body.Clone();
                entry.Epoch = ByteString.CopyFrom(_epoch.ToByteArray(bigEndian: true));
                entry.Sequence = (ulong)_entries.Count + 1;
                _entries.Add(new StoredEntry(entry.Sequence, entry.ToByteArray()));
            }

            foreach (var change in write.State)
            {
                if (change.Value is null)
                {
                    _state.Remove(change.Key);
                }
                else
                {
                    _state[change.Key] = change.Value;
                }
            }

            SignalLocked();
            return ValueTask.FromResult(new JournalReceipt(_epoch, first, (ulong)_entries.Count));
        }
    }

    public ValueTask<byte[]?> ReadStateAsync(string key, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(_state.GetValueOrDefault(key));
        }
    }

    public async IAsyncEnumerable<KeyValuePair<string, byte[]>> ReadStatesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KeyValuePair<string, byte[]>[] found;
        lock (_lock)
        {
            found = [.. _state.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal))];
        }

        foreach (var pair in found)
        {
            await Task.CompletedTask;
            yield return pair;
        }
    }

    public ValueTask<JournalRun> ReadAsync(ulong afterSequence, int maxEntries, int maxBytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(new JournalRun(_epoch, JournalChain.Genesis, [.. _entries.Skip((int)afterSequence).Take(maxEntries)], JournalChain.Genesis));
        }
    }

    public ValueTask AcknowledgeAsync(Guid epoch, ulong through, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _acknowledged = Math.Max(_acknowledged, through);
            SignalLocked();
        }

        return ValueTask.CompletedTask;
    }

    public Task WaitForEntriesAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) =>
        WaitAsync(() => Position.LastSequence > sequence, cancellationToken);

    public async Task<bool> WaitForAcknowledgementAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken)
    {
        await WaitAsync(() => Position.AcknowledgedThrough >= sequence, cancellationToken);
        return true;
    }

    /// <summary>Completes when the entries fit.</summary>
    public Task WaitForAsync(Func<IReadOnlyList<JournalEntry>, bool> fits, CancellationToken cancellationToken) => WaitAsync(() => fits(Entries), cancellationToken);

    private async Task WaitAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
            }

            if (holds())
            {
                return;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void SignalLocked()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }
}
