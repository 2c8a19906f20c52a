using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Journal;

/// <summary>Where a journal stands.</summary>
/// <param name="Epoch">Identity of the journal file.</param>
/// <param name="LastSequence">Last durable entry; 0 only before the first.</param>
/// <param name="LastHash">Chain hash at it, 32 bytes.</param>
/// <param name="AcknowledgedThrough">Last entry that the server is known to hold.</param>
public sealed record JournalPosition(Guid Epoch, ulong LastSequence, ReadOnlyMemory<byte> LastHash, ulong AcknowledgedThrough)
{
    /// <summary>Entries that the server is not known to hold.</summary>
    public ulong Unsent => LastSequence - AcknowledgedThrough;
}

/// <summary>One change of the key/value state.</summary>
/// <param name="Key">1 to 200 characters; the part before the first '/' names the owner.</param>
/// <param name="Value">New value, or null to remove the key.</param>
public sealed record StateChange(string Key, byte[]? Value);

/// <summary>What becomes durable in one commit. Either list may be empty, not both.</summary>
public sealed record JournalWrite
{
    /// <summary>Entries with only the oneof body set.</summary>
    public IReadOnlyList<JournalEntry> Bodies { get; init; } = [];

    /// <summary>Changes of the state, applied in order.</summary>
    public IReadOnlyList<StateChange> State { get; init; } = [];

    /// <summary>A write of one entry and the state changes that belong to it.</summary>
    public static JournalWrite Of(JournalEntry body, params IReadOnlyList<StateChange> state) => new() { Bodies = [body], State = state };
}

/// <summary>Proof that a write is durable.</summary>
/// <param name="Epoch">Epoch it went to.</param>
/// <param name="FirstSequence">Sequence of its first entry; meaningless when the write had none.</param>
/// <param name="LastSequence">Sequence of its last entry, or of the last entry before it when the write had none.</param>
public sealed record JournalReceipt(Guid Epoch, ulong FirstSequence, ulong LastSequence);

/// <summary>One entry as it is stored and hashed.</summary>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Bytes">The serialized <see cref="JournalEntry"/>.</param>
public sealed record StoredEntry(ulong Sequence, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The entry as a message.</summary>
    public JournalEntry Parse() => JournalEntry.Parser.ParseFrom(Bytes.Span);
}

/// <summary>Consecutive entries of one epoch with the chain hashes around them.</summary>
/// <param name="Epoch">Epoch of all of them.</param>
/// <param name="PreviousHash">Hash before the first, 32 bytes.</param>
/// <param name="Entries">The entries; empty when there is nothing to read.</param>
/// <param name="LastHash">Hash after the last, 32 bytes.</param>
public sealed record JournalRun(Guid Epoch, ReadOnlyMemory<byte> PreviousHash, IReadOnlyList<StoredEntry> Entries, ReadOnlyMemory<byte> LastHash);

/// <summary>What the storage allows.</summary>
public enum JournalCondition
{
    /// <summary>Everything.</summary>
    Healthy,

    /// <summary>Space is short: running payments and commands are finished, new payments and diagnostics are refused.</summary>
    SpaceShort,

    /// <summary>Commits keep failing: no new payments; every write is tried on a newly opened file.</summary>
    Failing,
}
