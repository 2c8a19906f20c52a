namespace Fleet.Agent.Link;

/// <summary>The published status of a link and everybody who waits for it to change.</summary>
internal sealed class LinkStatusBoard
{
    private readonly Lock _lock = new();
    private LinkStatus _status = new(LinkState.Off, "not started", 0);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LinkStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    /// <summary>A new connection works.</summary>
    public LinkStatus Connected() => Publish(static s => new LinkStatus(LinkState.Connected, string.Empty, s.Session + 1));

    /// <summary>There is no connection.</summary>
    public void NotConnected(LinkState state, string detail) => Publish(s => new LinkStatus(state, detail, s.Session));

    public async Task<LinkStatus> WaitForChangeAsync(LinkStatus known, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_status != known)
                {
                    return _status;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private LinkStatus Publish(Func<LinkStatus, LinkStatus> next)
    {
        TaskCompletionSource changed;
        LinkStatus status;
        lock (_lock)
        {
            status = _status = next(_status);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
        return status;
    }
}
