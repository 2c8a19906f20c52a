using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Journal;

/// <summary>Makes the time stamp of an entry: wall clock, monotonic clock and the boot that the latter counts from.</summary>
internal sealed class JournalStamper(TimeProvider clock, Func<TimeSpan?> serverOffset)
{
    public Stamp Now()
    {
        var stamp = new Stamp { WallUnixMicros = WallMicros(), MonotonicMicros = BootClock.Micros(clock), BootId = BootClock.BootId };
        if (serverOffset() is { } offset)
        {
            stamp.ServerOffsetMicros = offset.Ticks / TimeSpan.TicksPerMicrosecond;
        }

        return stamp;
    }

    public long WallMicros() => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>The clock that no operator can set: it counts from the start of the machine.</summary>
public static class BootClock
{
    private const string LinuxBootId = "/proc/sys/kernel/random/boot_id";

    /// <summary>Identity of this boot. Elsewhere than on Linux each process counts as a boot of its own: never wrong, only less precise.</summary>
    public static string BootId { get; } = File.Exists(LinuxBootId) ? File.ReadAllText(LinuxBootId).Trim() : Guid.NewGuid().ToString();

    /// <summary>Microseconds since some moment of this boot.</summary>
    public static long Micros(TimeProvider clock)
    {
        // In two parts: the product of the whole does not fit into 64 bits.
        var (seconds, rest) = Math.DivRem(clock.GetTimestamp(), clock.TimestampFrequency);
        return (seconds * 1_000_000) + (rest * 1_000_000 / clock.TimestampFrequency);
    }
}
