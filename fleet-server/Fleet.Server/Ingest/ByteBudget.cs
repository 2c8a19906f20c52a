namespace Fleet.Server.Ingest;

/// <summary>
/// Bounds the bytes that are on their way into the database. Who comes when it is used up waits, first come first served, so a
/// database that stands still costs a bounded amount of memory.
/// </summary>
/// <param name="limit">Bytes at the same time. A single batch beyond it is let in alone.</param>
public sealed class ByteBudget(long limit)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Size, TaskCompletionSource Turn)> _waiting = [];
    private long _used;

    /// <summary>Takes <paramref name="size"/> bytes; give them back with <see cref="Release"/>.</summary>
    public async ValueTask TakeAsync(long size, CancellationToken cancellationToken)
    {
        LinkedListNode<(long Size, TaskCompletionSource Turn)> place;
        lock (_lock)
        {
            if (_waiting.Count == 0 && FitsLocked(size))
            {
                _used += size;
                return;
            }

            place = _waiting.AddLast((size, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        using var registration = cancellationToken.Register(() => Leave(place));
        await place.Value.Turn.Task;
    }

    /// <summary>Gives bytes back.</summary>
    public void Release(long size)
    {
        lock (_lock)
        {
            _used -= size;
            AdmitLocked();
        }
    }

    private bool FitsLocked(long size) => _used == 0 || _used + size <= limit;

    private void AdmitLocked()
    {
        while (_waiting.First is { } first && FitsLocked(first.Value.Size))
        {
            _waiting.RemoveFirst();
            _used += first.Value.Size;
            first.Value.Turn.TrySetResult();
        }
    }

    private void Leave(LinkedListNode<(long Size, TaskCompletionSource Turn)> place)
    {
        lock (_lock)
        {
            if (place.List is not null)
            {
                _waiting.Remove(place);
                place.Value.Turn.TrySetCanceled();
                AdmitLocked();
            }
        }
    }
}
