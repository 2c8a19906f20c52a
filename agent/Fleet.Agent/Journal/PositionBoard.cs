namespace Fleet.Agent.Journal;

/// <summary>The published position of a journal and everybody who waits for it to move.</summary>
internal sealed class PositionBoard(JournalPosition initial)
{
    private readonly Lock _lock = new();
    private JournalPosition _position = initial;
    private TaskCompletionSource? _moved;

    public JournalPosition Position
    {
        get
        {
            lock (_lock)
            {
                return _position;
            }
        }
    }

    public void Publish(JournalPosition position)
    {
        TaskCompletionSource? moved;
        lock (_lock)
        {
            _position = position;
            moved = _moved;
            _moved = null;
        }

        moved?.TrySetResult();
    }

    public async Task<JournalPosition> WaitAsync(Func<JournalPosition, bool> until, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (until(_position))
                {
                    return _position;
                }

                _moved ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken);
        }
    }
}
