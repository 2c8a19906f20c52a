namespace Fleet.Agent.Journal;

/// <summary>Why a journal did not store a write.</summary>
public enum JournalFault
{
    /// <summary>The commit or its fsync failed. The file was closed and is opened again for the next write.</summary>
    CommitFailed,

    /// <summary>No space left, not even the reserve.</summary>
    DiskFull,

    /// <summary>Space is short and the write would begin something new (an intent) or can be done without (health).</summary>
    SpaceShort,

    /// <summary>A stored record does not read back as it was written.</summary>
    Damaged,

    /// <summary>The entries that were asked for have left the disk: acknowledged, and older than the retention.</summary>
    Gone,

    /// <summary>A write that the journal never takes: empty, an entry without body, too large, or a key that is none.</summary>
    Invalid,

    /// <summary>The journal was encrypted with a key that is not here.</summary>
    KeyMissing,

    /// <summary>The journal is closed.</summary>
    Closed,
}

/// <summary>The journal could not do it; nothing of the write counts as stored.</summary>
public sealed class JournalFaultException(JournalFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>What happened, for the caller to react to.</summary>
    public JournalFault Fault { get; } = fault;
}
