using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Journal;

/// <summary>Makes the time stamp of an entry: wall clock, monotonic clock and the boot that the latter counts from.</summary>
internal sealed class JournalStamper(TimeProvider clock)
{
    private const string LinuxBootId = "/proc/sys/kernel/random/boot_id";
    private readonly string _bootId = ReadBootId();

    public Stamp Now()
    {
        var monotonic = (Int128)clock.GetTimestamp() * 1_000_000 / clock.TimestampFrequency;
        return new Stamp { WallUnixMicros = WallMicros(), MonotonicMicros = (long)monotonic, BootId = _bootId };
    }

    public long WallMicros() => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    // Elsewhere each process counts as a boot of its own: never wrong, only less precise.
    private static string ReadBootId() =>
        File.Exists(LinuxBootId) ? File.ReadAllText(LinuxBootId).Trim() : Guid.NewGuid().ToString();
}
