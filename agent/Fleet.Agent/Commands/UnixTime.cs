namespace Fleet.Agent.Commands;

/// <summary>Times as the wire has them: microseconds since 1970 in UTC.</summary>
internal static class UnixTime
{
    public static long Micros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static TimeSpan Until(long unixMicros, DateTimeOffset now) => TimeSpan.FromTicks((unixMicros - Micros(now)) * TimeSpan.TicksPerMicrosecond);
}
