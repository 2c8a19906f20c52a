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
    private readonly Dictionary<TillConnection, Task> _taken = [];

    // Who gave way and has not ended yet.
    private readonly HashSet<Task> _leaving = [];

    /// <summary>Whoever is being served, and whoever is still leaving.</summary>
    public IReadOnlyList<Task> Sessions
    {
        get
        {
            lock (_lock)
            {
                return [.. _taken.Values, .. _leaving];
            }
        }
    }

    /// <summary>Gives the till a place and serves it there until <paramref name="serve"/> ends. False when nobody can give way; then it is not called.</summary>
    public bool TryTake(TillConnection till, Func<Task> serve)
    {
        lock (_lock)
        {
            if (_taken.Count >= count && !MakeRoomLocked(till))
            {
                TillLog.TooMany(logger, till.Name, count);
                return false;
            }

            // Not under this lock, and the accept loop goes on at once.
            var session = Task.Run(serve, CancellationToken.None);
            _taken.Add(till, session);
            _ = session.ContinueWith(ended => Leave(till, ended), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return true;
        }
    }

    private bool MakeRoomLocked(TillConnection newcomer)
    {
        foreach (var (till, resting) in _taken.Keys.Select(static t => (Till: t, t.Resting)).Where(static t => t.Resting is not null).OrderByDescending(static t => t.Resting))
        {
            if (till.TryGiveWay())
            {
                TillLog.GivesWay(logger, till.Name, newcomer.Name, resting!.Value, count);
                _leaving.Add(_taken[till]);
                _taken.Remove(till);
                return true;
            }
        }

        return false;
    }

    private void Leave(TillConnection till, Task session)
    {
        lock (_lock)
        {
            _taken.Remove(till);
            _leaving.Remove(session);
        }
    }
}
