using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Server.Storage.Journal;

/// <summary>One entry of a run, checked and hashed.</summary>
/// <param name="Bytes">As the agent wrote it.</param>
/// <param name="Content">The same, read.</param>
/// <param name="ChainHash">Chain hash after it.</param>
public sealed record ChainedEntry(ByteString Bytes, JournalEntry Content, byte[] ChainHash);

/// <summary>Consecutive entries of one epoch, each of which was checked by itself and chained to the one before.</summary>
/// <param name="First">Sequence of the first entry.</param>
/// <param name="PreviousHash">Chain hash before the first entry, as the agent claims it.</param>
public sealed record JournalRun(TerminalId Terminal, byte[] Epoch, long First, byte[] PreviousHash, IReadOnlyList<ChainedEntry> Entries)
{
    /// <summary>Sequence of the last entry.</summary>
    public long Last => First + Entries.Count - 1;
}

/// <summary>What became of a run.</summary>
public enum AppendOutcome
{
    /// <summary>Everything of it is stored, now or before.</summary>
    Stored,

    /// <summary>It begins behind the next expected entry.</summary>
    Gap,

    /// <summary>It does not fit what is stored.</summary>
    Broken,
}

/// <summary>What became of a run.</summary>
/// <param name="Through">Everything up to and including this sequence is stored.</param>
/// <param name="Detail">For a person; empty when stored.</param>
public sealed record AppendResult(AppendOutcome Outcome, long Through, string Detail);
