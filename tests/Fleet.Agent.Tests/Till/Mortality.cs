using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Till;

/// <summary>What a dying agent throws.</summary>
internal sealed class DeathException(string point) : Exception("died at " + point);

/// <summary>
/// Kills an agent inside this process: from the chosen passage on nothing becomes durable and nothing leaves on the line, as if the
/// process were gone. Until it is armed it only writes down what is passed.
/// </summary>
internal sealed class DeathSwitch : ICrashPoints
{
    private readonly Lock _lock = new();
    private readonly List<string> _passed = [];
    private int? _diesAt;
    private readonly TaskCompletionSource<string> _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From now on passages are counted anew, and the n-th is the last.</summary>
    public void Arm(int? n)
    {
        lock (_lock)
        {
            _passed.Clear();
            _diesAt = n;
        }
    }

    public bool IsArmed
    {
        get
        {
            lock (_lock)
            {
                return _diesAt is not null;
            }
        }
    }

    public bool IsDead => _died.Task.IsCompleted;

    /// <summary>Completes with the point at which the agent died.</summary>
    public Task<string> Died => _died.Task;

    public IReadOnlyList<string> Passed
    {
        get
        {
            lock (_lock)
            {
                return [.. _passed];
            }
        }
    }

    public void Reached(string point)
    {
        ThrowIfDead();
        bool dies;
        lock (_lock)
        {
            _passed.Add(point);
            dies = _passed.Count == _diesAt;
        }

        if (dies)
        {
            _died.TrySetResult(point);
            ThrowIfDead();
        }
    }

    public void Kill() => _died.TrySetResult("by hand");

    public void ThrowIfDead()
    {
        if (IsDead)
        {
            throw new DeathException("earlier");
        }
    }
}

/// <summary>A journal that a dead agent cannot write to.</summary>
internal sealed class MortalJournal(ITransactionJournal journal, DeathSwitch death) : ITransactionJournal
{
    public JournalPosition Position => journal.Position;

    public JournalCondition Condition => journal.Condition;

    public ValueTask<JournalReceipt> AppendAsync(JournalWrite write, CancellationToken cancellationToken)
    {
        death.ThrowIfDead();
        return journal.AppendAsync(write, cancellationToken);
    }

    public ValueTask<byte[]?> ReadStateAsync(string key, CancellationToken cancellationToken) => journal.ReadStateAsync(key, cancellationToken);

    public IAsyncEnumerable<KeyValuePair<string, byte[]>> ReadStatesAsync(string prefix, CancellationToken cancellationToken) =>
        journal.ReadStatesAsync(prefix, cancellationToken);

    public ValueTask<JournalRun> ReadAsync(ulong afterSequence, int maxEntries, int maxBytes, CancellationToken cancellationToken) =>
        journal.ReadAsync(afterSequence, maxEntries, maxBytes, cancellationToken);

    public ValueTask AcknowledgeAsync(Guid epoch, ulong through, CancellationToken cancellationToken) => journal.AcknowledgeAsync(epoch, through, cancellationToken);

    public Task WaitForEntriesAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) =>
        journal.WaitForEntriesAsync(epoch, sequence, cancellationToken);

    public Task<bool> WaitForAcknowledgementAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) =>
        journal.WaitForAcknowledgementAsync(epoch, sequence, cancellationToken);
}

/// <summary>A way to the terminal that ends with the agent.</summary>
internal sealed class MortalOpener(ITerminalOpener opener, DeathSwitch death) : ITerminalOpener
{
    public async Task<TerminalOpened> OpenAsync(CancellationToken cancellationToken)
    {
        if (death.IsDead)
        {
            return new TerminalOpened(null, "dead");
        }

        var opened = await opener.OpenAsync(cancellationToken);
        return opened.Link is null ? opened : opened with { Link = new MortalLink(opened.Link, death) };
    }

    private sealed class MortalLink(IZvtLink link, DeathSwitch death) : IZvtLink
    {
        public bool SentMeansReceived => link.SentMeansReceived;

        public ValueTask<ZvtSendResult> SendAsync(Apdu apdu, CancellationToken cancellationToken) =>
            death.IsDead ? ValueTask.FromResult(ZvtSendResult.Closed) : link.SendAsync(apdu, cancellationToken);

        public ValueTask<ZvtReceiveResult> ReceiveAsync(TimeSpan timeout, CancellationToken cancellationToken) => link.ReceiveAsync(timeout, cancellationToken);

        public ValueTask DisposeAsync() => link.DisposeAsync();
    }
}
