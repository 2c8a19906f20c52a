namespace Fleet.Server.Storage.Engine;

/// <summary>What changed.</summary>
public enum Topic
{
    /// <summary>Key: terminal id.</summary>
    Terminals,

    /// <summary>Key: terminal id.</summary>
    Transactions,

    /// <summary>Key: terminal id.</summary>
    Commands,

    /// <summary>Key: terminal id.</summary>
    Settlements,
}

/// <summary>A changed row, as coarse as its readers need it.</summary>
public readonly record struct ChangedKey(Topic Topic, string Key);

/// <summary>
/// Where commits are told. It never holds rows, only that something changed: readers look into the database. A listener that is
/// slow hears of many changes at once.
/// </summary>
public sealed class ChangeBoard
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Topic, TaskCompletionSource> _next = [];
    private readonly List<ChangeListener> _listeners = [];

    /// <summary>Completes at the next commit that touches the topic. Take it before looking, await it after.</summary>
    public Task Next(Topic topic)
    {
        lock (_lock)
        {
            if (!_next.TryGetValue(topic, out var source))
            {
                _next[topic] = source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return source.Task;
        }
    }

    /// <summary>Collects the keys of the topics from now on.</summary>
    public ChangeListener Listen(params Topic[] topics)
    {
        var listener = new ChangeListener(topics);
        lock (_lock)
        {
            _listeners.Add(listener);
        }

        return listener;
    }

    internal void Publish(IReadOnlyCollection<ChangedKey> changed)
    {
        if (changed.Count == 0)
        {
            return;
        }

        List<TaskCompletionSource> woken = [];
        ChangeListener[] listeners;
        lock (_lock)
        {
            foreach (var topic in changed.Select(static c => c.Topic).Distinct())
            {
                if (_next.Remove(topic, out var source))
                {
                    woken.Add(source);
                }
            }

            listeners = [.. _listeners];
        }

        woken.ForEach(static source => source.TrySetResult());
        foreach (var listener in listeners)
        {
            listener.Add(changed);
        }
    }
}

/// <summary>The keys that changed since they were last taken: at most one of each.</summary>
public sealed class ChangeListener(Topic[] topics)
{
    private readonly Lock _lock = new();
    private HashSet<string> _keys = new(StringComparer.Ordinal);
    private TaskCompletionSource _any = New();

    /// <summary>Takes the keys that changed, waiting for the first one.</summary>
    public async Task<IReadOnlySet<string>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task any;
            lock (_lock)
            {
                if (_keys.Count > 0)
                {
                    var keys = _keys;
                    _keys = new HashSet<string>(StringComparer.Ordinal);
                    return keys;
                }

                any = _any.Task;
            }

            await any.WaitAsync(cancellationToken);
        }
    }

    internal void Add(IReadOnlyCollection<ChangedKey> changed)
    {
        TaskCompletionSource? woken = null;
        lock (_lock)
        {
            var before = _keys.Count;
            _keys.UnionWith(changed.Where(c => topics.Contains(c.Topic)).Select(static c => c.Key));
            if (before == 0 && _keys.Count > 0)
            {
                woken = _any;
                _any = New();
            }
        }

        woken?.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
