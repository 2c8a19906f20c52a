using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Till;

/// <summary>
/// The places for tills on TCP. Where all are taken, the till that has been at rest longest gives way: programs that connect and say nothing
/// keep no till out. One whose command waits or is served keeps its place, so that no dialogue is cut.
/// </summary>
/// <param name="count">How many places there are.</param>
/// <param name="logger">Hears who had to go for whom.</param>
public sealed class TillPlaces(int count, ILogger logger)
{
    private readonly Lock _lock = new();

    // Who has a place. Left before the connection is disposed, so that nobody else's end is asked of a connection that has had its own.
    private readonly HashSet<TillConnection> _seated = [];

    // Whoever is served, and whoever gave way and has not ended yet.
    private readonly HashSet<Task> _sessions = [];

    /// <summary>Everything that still runs.</summary>
    public IReadOnlyList<Task> Sessions
    {
        get
        {
            lock (_lock)
            {
                return [.. _sessions];
            }
        }
    }

    /// <summary>
    /// Gives the till a place, serves it there until <paramref name="serve"/> ends, and disposes it. False when nobody can give way; then it is
    /// neither served nor disposed.
    /// </summary>
    public bool TryTake(TillConnection till, Func<Task> serve)
    {
        lock (_lock)
        {
            if (_seated.Count >= count && !MakeRoomLocked(till))
            {
                TillLog.TooMany(logger, till.Name, count);
                return false;
            }

            // Not under this lock, and the accept loop goes on at once.
            var session = Task.Run(() => SitAsync(till, serve), CancellationToken.None);
            _seated.Add(till);
            _sessions.Add(session);
            _ = session.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return true;
        }
    }

    private async Task SitAsync(TillConnection till, Func<Task> serve)
    {
        await using (till)
        {
            try
            {
                await serve();
            }
            finally
            {
                lock (_lock)
                {
                    _seated.Remove(till);
                }
            }
        }
    }

    private bool MakeRoomLocked(TillConnection newcomer)
    {
        // Who has hung up costs nobody else a place; the dialogue he began comes to its end without one, as long as there are no more of those than places.
        var unfinished = _sessions.Count - _seated.Count;
        if (_seated.RemoveWhere(t => t.IsGone && (t.Resting is not null || unfinished < count)) > 0)
        {
            return true;
        }

        foreach (var (till, resting) in _seated.Select(static t => (Till: t, t.Resting)).Where(static t => t.Resting is not null).OrderByDescending(static t => t.Resting))
        {
            if (till.TryGiveWay())
            {
                TillLog.GivesWay(logger, till.Name, newcomer.Name, resting!.Value, count);
                _seated.Remove(till);
                return true;
            }
        }

        return false;
    }

    private void Forget(Task session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
        }
    }
}
