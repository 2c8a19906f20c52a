using Fleet.Contracts;

namespace Fleet.Agent.Uplink;

/// <summary>How entries travel to the server.</summary>
public sealed class UplinkOptions
{
    /// <summary>Most entries in one batch.</summary>
    public int BatchEntries { get; set; } = 500;

    /// <summary>Most bytes of entries in one batch; the server takes packets up to 256 kB.</summary>
    public int BatchBytes { get; set; } = 128 * 1024;

    /// <summary>Batches that may wait for the server's acknowledgement, 1 to <see cref="LinkLimits.BatchesInFlight"/>.</summary>
    public int InFlight { get; set; } = 8;

    /// <summary>Longest time a batch that is not full waits for more entries while others are in flight.</summary>
    public TimeSpan MaximumAge { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the server may take to acknowledge before the batches are sent again; one whose PUBACK is still due is not.</summary>
    public TimeSpan AcknowledgeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause after the server found the chain broken or asked for entries that have left the disk.</summary>
    public TimeSpan StoppedPause { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most bytes of the journal that are sent in a second, averaged over a few; 0 = no limit. Commands and their answers are not held back.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (BytesPerSecond is < 0 or (> 0 and < 256))
        {
            yield return "uplink.bytesPerSecond: 0 for no limit, or at least 256";
        }

        if (BatchEntries is < 1 or > 10_000)
        {
            yield return "uplink.batchEntries: 1 to 10000";
        }

        if (BatchBytes is < 1024 or > 200 * 1024)
        {
            yield return "uplink.batchBytes: 1024 to 204800";
        }

        if (InFlight is < 1 or > LinkLimits.BatchesInFlight)
        {
            yield return $"uplink.inFlight: 1 to {LinkLimits.BatchesInFlight}";
        }

        if (MaximumAge < TimeSpan.Zero || MaximumAge > TimeSpan.FromMinutes(1))
        {
            yield return "uplink.maximumAge: 0 to 1 minute";
        }

        if (AcknowledgeTimeout < TimeSpan.FromSeconds(1))
        {
            yield return "uplink.acknowledgeTimeout: at least 1 second";
        }

        if (StoppedPause < TimeSpan.FromSeconds(1))
        {
            yield return "uplink.stoppedPause: at least 1 second";
        }
    }
}
