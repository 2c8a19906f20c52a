using System.Diagnostics.CodeAnalysis;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Storage.Journal;
using Google.Protobuf;

namespace Fleet.Server.Ingest;

/// <summary>Checks a batch by itself, before the database is asked: lengths, numbers, the chain over its own entries.</summary>
public static class BatchReader
{
    /// <summary>Most entries of one batch.</summary>
    public const int MaximumEntries = 5_000;

    /// <summary>Longest entry, in bytes.</summary>
    public const int MaximumEntryLength = 64 * 1024;

    private const int EpochLength = 16;

    /// <summary>Reads a batch; false with what is wrong and where.</summary>
    public static bool TryRead(TerminalId terminal, UplinkBatch batch, [NotNullWhen(true)] out JournalRun? run, [NotNullWhen(false)] out string? fault)
    {
        run = null;
        fault = CheckFrame(batch);
        if (fault is not null)
        {
            return false;
        }

        var entries = new ChainedEntry[batch.Entries.Count];
        var hash = batch.PreviousHash.ToByteArray();
        for (var i = 0; i < entries.Length && fault is null; i++)
        {
            fault = ReadEntry(batch, i, hash, entries);
            hash = fault is null ? entries[i].ChainHash : hash;
        }

        fault ??= batch.LastHash.Span.SequenceEqual(hash) ? null : "last_hash is not the chain hash over the entries.";
        run = fault is null
            ? new JournalRun(terminal, batch.Epoch.ToByteArray(), (long)batch.FirstSequence, batch.PreviousHash.ToByteArray(), entries)
            : null;
        return run is not null;
    }

    private static string? CheckFrame(UplinkBatch batch) => batch switch
    {
        { Epoch.Length: not EpochLength } => $"epoch has {batch.Epoch.Length} bytes instead of {EpochLength}.",
        { FirstSequence: 0 or > long.MaxValue - MaximumEntries } => $"first_sequence is {batch.FirstSequence}; sequences begin at 1.",
        { PreviousHash.Length: not JournalChain.HashLength } => $"previous_hash has {batch.PreviousHash.Length} bytes instead of {JournalChain.HashLength}.",
        { LastHash.Length: not JournalChain.HashLength } => $"last_hash has {batch.LastHash.Length} bytes instead of {JournalChain.HashLength}.",
        { Entries.Count: 0 } => "entries is empty.",
        { Entries.Count: > MaximumEntries } => $"entries holds {batch.Entries.Count}; at most {MaximumEntries} are taken at once.",
        _ => null,
    };

    private static string? ReadEntry(UplinkBatch batch, int index, byte[] previousHash, ChainedEntry[] entries)
    {
        var bytes = batch.Entries[index];
        if (bytes.Length > MaximumEntryLength)
        {
            return $"entries[{index}] has {bytes.Length} bytes; at most {MaximumEntryLength} are taken.";
        }

        JournalEntry entry;
        try
        {
            entry = JournalEntry.Parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return $"entries[{index}] is no journal entry.";
        }

        if (entry.Epoch != batch.Epoch)
        {
            return $"entries[{index}] belongs to another epoch.";
        }

        if (entry.Sequence != batch.FirstSequence + (ulong)index)
        {
            return $"entries[{index}] has sequence {entry.Sequence} instead of {batch.FirstSequence + (ulong)index}.";
        }

        entries[index] = new ChainedEntry(bytes, entry, JournalChain.Next(previousHash, bytes.Span));
        return null;
    }
}
