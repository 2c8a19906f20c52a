using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>
/// When a health entry is written: at a change, at most one in the shortest interval, which doubles while changes keep coming so that a loose contact
/// does not fill a journal; now and then although nothing changed; and not while a till is being served.
/// </summary>
public sealed class HealthPace(HealthOptions options, ILineUse line, TimeProvider clock)
{
    // Two weeks of a loose contact are then fewer than 1400 entries.
    private static readonly TimeSpan SlowestInterval = TimeSpan.FromMinutes(15);

    // A till that never stops must not hide what changes for ever.
    private const int MostPostponements = 8;

    private HealthReport? _steady;
    private long _lookedAt;
    private long _writtenAt;
    private TimeSpan _interval;
    private int _postponed;

    /// <summary>Shortest time between two entries.</summary>
    public TimeSpan MinimumInterval => options.MinimumInterval;

    /// <summary>True when this report should be written now.</summary>
    public bool IsDue(HealthReport report)
    {
        _lookedAt = clock.GetTimestamp();
        var since = clock.GetElapsedTime(_writtenAt, _lookedAt);
        var changed = !Steady(report).Equals(_steady);
        var isDue = _steady is null || (changed && since >= _interval) || (options.Heartbeat > TimeSpan.Zero && since >= options.Heartbeat);
        if (isDue && _steady is not null && line.IsServingTill && _postponed < MostPostponements)
        {
            _postponed++;
            return false;
        }

        return isDue;
    }

    /// <summary>The report that was looked at last is durable.</summary>
    public void Written(HealthReport report)
    {
        var steady = Steady(report);
        var followsFast = _steady is not null && !steady.Equals(_steady) && clock.GetElapsedTime(_writtenAt, _lookedAt) < 4 * Max(_interval, options.MinimumInterval);
        _interval = followsFast ? Min(2 * Max(_interval, options.MinimumInterval), Max(SlowestInterval, options.MinimumInterval)) : options.MinimumInterval;
        (_steady, _writtenAt, _postponed) = (steady, _lookedAt, 0);
    }

    // What grows and shrinks all the time is told with the next entry and is no reason for one.
    private static HealthReport Steady(HealthReport report)
    {
        const long Tolerable = 120_000;
        var steady = report.Clone();
        steady.UnsentEntries = 0;
        steady.UnsentPayments = 0;
        steady.UnsentAmounts.Clear();
        steady.OldestUnsentSeconds = 0;
        steady.DiskFreeBytes = 0;
        steady.ClockOffsetMillis = report is { HasClockOffsetMillis: true } && Math.Abs(report.ClockOffsetMillis) > Tolerable ? 1 : 0;
        return steady;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan two) => one < two ? one : two;

    private static TimeSpan Max(TimeSpan one, TimeSpan two) => one > two ? one : two;
}
