using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Journal;

/// <summary>What the writer is asked to do.</summary>
internal abstract record JournalRequest;

/// <summary>A write that waits for its commit.</summary>
internal sealed record AppendRequest(JournalWrite Write) : JournalRequest
{
    private readonly TaskCompletionSource<JournalReceipt> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    public Task<JournalReceipt> Done => _done.Task;

    /// <summary>Sequences it got in the transaction that is running; owned by the writer.</summary>
    public (ulong First, ulong Last) Sequences { get; set; }

    /// <summary>Begins something new, or can be done without: the first thing to refuse when space is short.</summary>
    public bool IsDispensable => Write.Bodies.Any(static b => b.BodyCase == JournalEntry.BodyOneofCase.Intent)
        || (Write.State.Count == 0 && Write.Bodies.All(static b => b.BodyCase == JournalEntry.BodyOneofCase.Health));

    public bool TryBegin() => Interlocked.Exchange(ref _begun, 1) == 0;

    public void Cancel(CancellationToken cancellationToken)
    {
        if (TryBegin())
        {
            _done.TrySetCanceled(cancellationToken);
        }
    }

    public void Complete(Guid epoch) => _done.TrySetResult(new JournalReceipt(epoch, Sequences.First, Sequences.Last));

    public void Fail(JournalFaultException fault) => _done.TrySetException(fault);
}

/// <summary>The server holds everything up to a sequence.</summary>
internal sealed record AcknowledgeRequest(Guid Epoch, ulong Through) : JournalRequest;

/// <summary>A reader met damage in the file of an epoch.</summary>
internal sealed record DamageRequest(Guid Epoch, string Cause) : JournalRequest;

/// <summary>Time to look after space, retention and unwritten acknowledgements.</summary>
internal sealed record HousekeepingRequest : JournalRequest
{
    public static HousekeepingRequest Instance { get; } = new();
}

/// <summary>Somebody wants to know that the loop is alive.</summary>
internal sealed record PulseRequest : JournalRequest
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public void Complete() => _done.TrySetResult();
}
