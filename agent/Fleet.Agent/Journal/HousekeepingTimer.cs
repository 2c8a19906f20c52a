namespace Fleet.Agent.Journal;

/// <summary>
/// Calls for housekeeping: soon while something asks for it, seldom otherwise, so that an idle agent sleeps. One timer, set anew after
/// each round. Owned by the journal's writer.
/// </summary>
internal sealed class HousekeepingTimer(JournalOptions options, TimeProvider clock, Action due) : IAsyncDisposable
{
    private readonly ITimer _timer = clock.CreateTimer(_ => due(), null, options.HousekeepingInterval, Timeout.InfiniteTimeSpan);
    private bool _isSoon = true;

    /// <summary>Something waits for the next round.</summary>
    public void Soon()
    {
        if (!_isSoon)
        {
            Set(isSoon: true);
        }
    }

    /// <summary>A round is over.</summary>
    public void Set(bool isSoon)
    {
        _isSoon = isSoon;
        _timer.Change(isSoon ? options.HousekeepingInterval : options.IdleInterval, Timeout.InfiniteTimeSpan);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
