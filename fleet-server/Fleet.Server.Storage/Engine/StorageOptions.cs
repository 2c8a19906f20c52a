namespace Fleet.Server.Storage.Engine;

/// <summary>Where and how the server keeps what it knows.</summary>
public sealed class StorageOptions
{
    /// <summary>SQLite database file; its folder exists.</summary>
    public string DataFile { get; set; } = "fleet.db";

    /// <summary>Writes that may wait for the write lane; more wait at its door.</summary>
    public int LaneCapacity { get; set; } = 1024;

    /// <summary>Writes that share one commit.</summary>
    public int LargestGroup { get; set; } = 256;

    /// <summary>Reads that run at the same time.</summary>
    public int Readers { get; set; } = 4;

    /// <summary>How often a watch looks again without having been told of a change.</summary>
    public TimeSpan WatchPollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Every fault, each with its key.</summary>
    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(DataFile))
        {
            yield return "storage.data_file: name a file.";
        }

        if (LaneCapacity is < 1 or > 100_000)
        {
            yield return "storage.lane_capacity: between 1 and 100000.";
        }

        if (LargestGroup is < 1 or > 10_000)
        {
            yield return "storage.largest_group: between 1 and 10000.";
        }

        if (Readers is < 1 or > 64)
        {
            yield return "storage.readers: between 1 and 64.";
        }

        if (WatchPollInterval < TimeSpan.FromMilliseconds(100) || WatchPollInterval > TimeSpan.FromMinutes(5))
        {
            yield return "storage.watch_poll_interval: between 100 ms and 5 min.";
        }
    }
}
