using System.Text.Json;
using System.Text.Json.Serialization;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Link;

/// <summary>The last time the server signed, and where this computer's clocks stood then.</summary>
/// <param name="ServerMicros">What the server said, microseconds since 1970.</param>
/// <param name="NowMicros">What time it was then taken to be.</param>
/// <param name="MonotonicMicros">Clock of the boot at that moment.</param>
/// <param name="BootId">The boot it counts from; empty when it was said before this agent ran.</param>
/// <param name="OffsetMicros">Server's time minus the wall clock at that moment.</param>
public sealed record SignedTime(long ServerMicros, long NowMicros, long MonotonicMicros, string BootId, long OffsetMicros);

/// <summary>
/// What time it is for commands: what the server signed last, and what the machine has run since. Whoever sets this computer's clock
/// neither revives an expired command nor blocks a valid one.
/// </summary>
/// <remarks>
/// Within the boot in which a signed time came, the wall clock is not looked at. After a reboot nobody knows how long the machine was off:
/// until the next signed time the wall clock is believed once, at the start, corrected by the offset it had, and only within
/// <see cref="LongestAbsence"/> after what was signed; beyond that the signed time goes on from where it was. Before any signed time
/// there is only the wall clock, and the age of this software as its lower bound.
/// </remarks>
public sealed class FleetTime(ITransactionJournal journal, TimeProvider clock, ILogger<FleetTime> logger)
{
    /// <summary>Key of the durable time.</summary>
    public const string StateKey = "time/signed";

    /// <summary>How long a machine may have been off for its wall clock to be believed.</summary>
    public static readonly TimeSpan LongestAbsence = TimeSpan.FromDays(40);

    /// <summary>No build of this software is older: nothing can be expected to happen before.</summary>
    public static readonly DateTimeOffset Built = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan TolerableSkew = TimeSpan.FromMinutes(5);

    // Clocks drift, and messages take their time: so much a signed time may set back. One that was held up longer on its way does not.
    private static readonly TimeSpan LongestStepBack = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private SignedTime? _signed;
    private (long Server, long Monotonic)? _base;
    private (long Server, long Monotonic)? _floor;
    private bool _isSure;
    private bool _skewTold;

    /// <summary>Identity of this boot; a test may pretend another one.</summary>
    public string BootId { get; init; } = BootClock.BootId;

    /// <summary>The time; goes back only by seconds, or when a signed time corrects a guess after a reboot.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                return _base is { } known ? At(known.Server + BootClock.Micros(clock) - known.Monotonic) : Later(clock.GetUtcNow(), Built);
            }
        }
    }

    /// <summary>It is at least this late: what was signed last and what has run since, or the age of this software. No wall clock has a say in it.</summary>
    public DateTimeOffset Earliest
    {
        get
        {
            lock (_lock)
            {
                return _floor is { } known ? At(known.Server + BootClock.Micros(clock) - known.Monotonic) : Built;
            }
        }
    }

    /// <summary>True when the time was signed in this boot: it is exact but for the way from the server.</summary>
    public bool IsSure
    {
        get
        {
            lock (_lock)
            {
                return _isSure;
            }
        }
    }

    /// <summary>When the server signed last; null before the first time.</summary>
    public DateTimeOffset? LastSigned
    {
        get
        {
            lock (_lock)
            {
                return _signed is { } signed ? At(signed.ServerMicros) : null;
            }
        }
    }

    /// <summary>Server's time minus this computer's wall clock; null before the first signed time.</summary>
    public TimeSpan? Offset
    {
        get
        {
            lock (_lock)
            {
                return _base is null ? null : Now - clock.GetUtcNow();
            }
        }
    }

    /// <summary>Reads the durable time.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await journal.ReadStateAsync(StateKey, cancellationToken);
        if (stored is not null)
        {
            Resume(JsonSerializer.Deserialize(stored, FleetTimeJson.Default.SignedTime)!);
        }
    }

    /// <summary>The server signed this when the agent was enrolled: a lower bound until it says more. Does nothing once anything is known.</summary>
    public void Enrolled(DateTimeOffset signed)
    {
        lock (_lock)
        {
            if (_signed is null)
            {
                ResumeLocked(new SignedTime(Micros(signed), Micros(signed), 0, string.Empty, 0));
            }
        }
    }

    /// <summary>The server signed a time: durable when it completes. One that is older than what is known changes nothing.</summary>
    /// <returns>False when it was older.</returns>
    public async Task<bool> TakeAsync(DateTimeOffset signed, CancellationToken cancellationToken)
    {
        SignedTime next;
        TimeSpan offset;
        JournalEntry? alarm;
        lock (_lock)
        {
            if (_signed is { } known && Micros(signed) < known.ServerMicros)
            {
                return false;
            }

            var now = _isSure && Now - signed > LongestStepBack ? Now : signed;
            offset = now - clock.GetUtcNow();
            next = new SignedTime(Micros(signed), Micros(now), BootClock.Micros(clock), BootId, offset.Ticks / TimeSpan.TicksPerMicrosecond);
            alarm = SkewLocked(offset);
        }

        var change = new StateChange(StateKey, JsonSerializer.SerializeToUtf8Bytes(next, FleetTimeJson.Default.SignedTime));
        await journal.AppendAsync(new JournalWrite { Bodies = alarm is null ? [] : [alarm], State = [change] }, cancellationToken);
        lock (_lock)
        {
            _signed = next;
            _base = _floor = (next.NowMicros, next.MonotonicMicros);
            _isSure = true;
            _skewTold = IsSkewed(offset);
        }

        return true;
    }

    private static DateTimeOffset At(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    private static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private void Resume(SignedTime stored)
    {
        lock (_lock)
        {
            ResumeLocked(stored);
        }
    }

    private void ResumeLocked(SignedTime stored)
    {
        _signed = stored;
        var monotonic = BootClock.Micros(clock);
        _isSure = stored.BootId == BootId && monotonic >= stored.MonotonicMicros;
        if (_isSure)
        {
            _base = _floor = (stored.NowMicros, stored.MonotonicMicros);
            return;
        }

        var guess = Micros(clock.GetUtcNow()) + stored.OffsetMicros;
        var believed = guess >= stored.NowMicros && guess - stored.NowMicros <= LongestAbsence.Ticks / TimeSpan.TicksPerMicrosecond;
        _base = (believed ? guess : stored.NowMicros, monotonic);
        _floor = (stored.NowMicros, monotonic);
        LinkLog.TimeGuessed(logger, At(_base.Value.Server), believed);
    }

    private static bool IsSkewed(TimeSpan offset) => offset.Duration() > TolerableSkew;

    private JournalEntry? SkewLocked(TimeSpan offset)
    {
        if (_skewTold || !IsSkewed(offset))
        {
            return null;
        }

        LinkLog.Skewed(logger, offset);
        return Alarms.Warning(ReasonCodes.ClockSkew, $"this computer's clock is {Math.Round(offset.TotalSeconds):+0;-0} s from the server's");
    }
}

[JsonSerializable(typeof(SignedTime))]
internal sealed partial class FleetTimeJson : JsonSerializerContext;
