namespace Fleet.Agent.Terminal;

/// <summary>Bounds of the line trace.</summary>
public sealed class TraceOptions
{
    private const long Smallest = 64 * 1024;
    private const long Largest = 1024L * 1024 * 1024;

    /// <summary>Folder of the files; empty where nothing can be traced.</summary>
    public string Folder { get; set; } = string.Empty;

    /// <summary>Size of all files together, in bytes; the oldest half is dropped for the newest lines.</summary>
    public long MaximumBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How long it traces unless somebody ends it before, and how long a file stays afterwards.</summary>
    public TimeSpan MaximumAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (MaximumBytes is < Smallest or > Largest)
        {
            yield return "trace.maximumSize: 64KB to 1GB";
        }

        if (MaximumAge < TimeSpan.FromMinutes(1) || MaximumAge > TimeSpan.FromDays(30))
        {
            yield return "trace.maximumAge: 1min to 30d";
        }
    }
}
