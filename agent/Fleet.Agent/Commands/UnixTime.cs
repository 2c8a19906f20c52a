namespace Fleet.Agent.Commands;

/// <summary>Times as the wire has them: microseconds since 1970 in UTC.</summary>
internal static class UnixTime
{
    public static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    // A number that is no date stands for the earliest or latest one.
    public static DateTimeOffset ToTime(long micros) => DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(micros, 0, 250_000_000_000_000_000) * TimeSpan.TicksPerMicrosecond);

    public static TimeSpan Until(long unixMicros, DateTimeOffset now) => TimeSpan.FromTicks((unixMicros - Micros(now)) * TimeSpan.TicksPerMicrosecond);
}

/// <summary>The two clocks of commands.</summary>
/// <param name="Fleet">What time it is.</param>
/// <param name="Clock">How long something takes.</param>
public sealed record CommandTimes(Link.FleetTime Fleet, TimeProvider Clock);
