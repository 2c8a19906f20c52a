using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Journal;

/// <summary>The writes that share a commit. Owned by the journal's writer.</summary>
internal sealed class JournalGroup
{
    private readonly List<AppendRequest> _writes = [];

    public int Count => _writes.Count;

    /// <summary>State that the commit changes.</summary>
    public IEnumerable<string> Keys => _writes.SelectMany(static r => r.Write.State).Select(static c => c.Key);

    public void Add(AppendRequest write) => _writes.Add(write);

    public void Clear() => _writes.Clear();

    /// <summary>Puts everything into the transaction that is running.</summary>
    public void Insert(JournalFile file, Stamp stamp)
    {
        foreach (var request in _writes)
        {
            var first = file.LastSequence + 1;
            foreach (var body in request.Write.Bodies)
            {
                file.Insert(body, stamp);
            }

            foreach (var change in request.Write.State)
            {
                file.Put(change);
            }

            request.Sequences = (first, file.LastSequence);
        }
    }

    /// <summary>Tells everybody that the commit is durable.</summary>
    public void Complete(Guid epoch) => _writes.ForEach(r => r.Complete(epoch));

    /// <summary>Tells everybody that nothing was stored.</summary>
    public void Fail(JournalFault fault, string message, Exception? inner) =>
        _writes.ForEach(r => r.Fail(new JournalFaultException(fault, message, inner)));

    /// <summary>Refuses what begins something new, or can be done without.</summary>
    public void FailDispensable(JournalFaultException fault)
    {
        foreach (var request in _writes.FindAll(static r => r.IsDispensable))
        {
            request.Fail(fault);
        }

        _writes.RemoveAll(static r => r.IsDispensable);
    }

    /// <summary>Names the crash point of each write.</summary>
    public void Reached(ICrashPoints crashPoints, string moment)
    {
        if (crashPoints is NoCrashPoints)
        {
            return;
        }

        foreach (var request in _writes)
        {
            var words = request.Write.Bodies.Select(static b => b.BodyCase.ToString().ToLowerInvariant()).DefaultIfEmpty("state");
            crashPoints.Reached($"commit-{string.Join('-', words)}-{moment}");
        }
    }
}
