namespace Fleet.Agent.Journal;

/// <summary>How a journal is kept.</summary>
public sealed class JournalOptions
{
    /// <summary>Largest serialized entry, in bytes.</summary>
    public const int MaximumEntryBytes = 64 * 1024;

    /// <summary>Longest state key, in characters.</summary>
    public const int MaximumKeyLength = 200;

    /// <summary>Largest state value, in bytes.</summary>
    public const int MaximumStateBytes = 1024 * 1024;

    /// <summary>Folder of the agent's data; the journal lives in <c>journal/</c> below it.</summary>
    public string DataDirectory { get; set; } = string.Empty;

    /// <summary>How long acknowledged entries stay.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Below this much free space no new payment is begun, in bytes.</summary>
    public long MinimumFreeBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Preallocated file that is given up to finish what runs when the disk is full, in bytes; 0 = none.</summary>
    public long ReserveBytes { get; set; } = 4L * 1024 * 1024;

    /// <summary>Writes that may wait for a commit; more of them make the caller wait.</summary>
    public int QueueCapacity { get; set; } = 4096;

    /// <summary>Most writes in one commit.</summary>
    public int MaximumGroup { get; set; } = 1024;

    /// <summary>Failed commits in a row after which the journal says <see cref="JournalCondition.Failing"/>.</summary>
    public int FailuresUntilFailing { get; set; } = 3;

    /// <summary>How soon an acknowledgement is written, and how often whatever else waits is looked after.</summary>
    public TimeSpan HousekeepingInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often space and retention are looked after while nothing waits.</summary>
    public TimeSpan IdleInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Most entries whose chain is verified before the journal opens; the others are verified while it works.</summary>
    public int VerifiedAtOpen { get; set; } = 2_000;

    /// <summary>Entries in a new epoch's first entry as the writing software.</summary>
    public string AgentVersion { get; set; } = "0.0.0";

    /// <summary>Whether records are encrypted on disk; otherwise they carry a checksum only.</summary>
    public bool Encryption { get; set; } = true;

    /// <summary>Server's time minus this computer's, for the stamp of each entry; null as long as nobody knows.</summary>
    public Func<TimeSpan?> ServerOffset { get; set; } = static () => null;

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (DataDirectory.Length == 0)
        {
            yield return "data: the folder for the agent's data is missing";
        }

        if (Retention < TimeSpan.Zero)
        {
            yield return "journal.retention: must not be negative";
        }

        if (MinimumFreeBytes < 0)
        {
            yield return "journal.minimumFree: must not be negative";
        }

        if (ReserveBytes is < 0 or > 1024L * 1024 * 1024)
        {
            yield return "journal.reserve: 0 to 1 GB";
        }
    }
}
