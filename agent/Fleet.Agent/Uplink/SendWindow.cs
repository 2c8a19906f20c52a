namespace Fleet.Agent.Uplink;

/// <summary>
/// What of one epoch is sent and not yet acknowledged: a cursor that runs ahead of the acknowledged checkpoint by at most so many
/// batches, and goes back when the server asks. Pure; owned by one loop.
/// </summary>
internal sealed class SendWindow
{
    private readonly Queue<ulong> _inFlight = new();
    private ulong? _rewoundTo;

    /// <summary>Epoch that is being sent.</summary>
    public Guid Epoch { get; private set; }

    /// <summary>The server is known to hold everything up to here.</summary>
    public ulong Acknowledged { get; private set; }

    /// <summary>The next batch begins after this entry.</summary>
    public ulong Cursor { get; private set; }

    /// <summary>Batches on their way.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>Begins at a checkpoint: after a connect, a rewind by time-out, or in a new epoch.</summary>
    public void Restart(Guid epoch, ulong acknowledged)
    {
        (Epoch, Acknowledged, Cursor, _rewoundTo) = (epoch, acknowledged, acknowledged, null);
        _inFlight.Clear();
    }

    /// <summary>A batch that ends with <paramref name="last"/> left.</summary>
    public void Sent(ulong last)
    {
        _inFlight.Enqueue(last);
        Cursor = last;
    }

    /// <summary>The server stored everything up to <paramref name="through"/>; false when that is old news.</summary>
    public bool Stored(ulong through)
    {
        if (through <= Acknowledged)
        {
            return false;
        }

        Acknowledged = through;
        Cursor = Math.Max(Cursor, through);
        _rewoundTo = null;
        while (_inFlight.TryPeek(out var last) && last <= through)
        {
            _inFlight.Dequeue();
        }

        return true;
    }

    /// <summary>
    /// The server wants what follows <paramref name="through"/>; false when the window is there already. Each batch that was in
    /// flight behind a lost one brings the same answer: only the first of them rewinds, or every answer would send everything again.
    /// </summary>
    public bool Expected(ulong through)
    {
        if (_rewoundTo == through)
        {
            return false;
        }

        // Less than acknowledged: the server was set back to an older state and asks for what it had.
        Acknowledged = through;
        Cursor = through;
        _rewoundTo = through;
        _inFlight.Clear();
        return true;
    }
}
