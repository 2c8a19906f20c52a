using System.Buffers.Binary;
using Fleet.Contracts;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Journal;

/// <summary>
/// Reads a journal file and proves what it reads: every record's seal, no gap in the sequence, and the chain hash at every
/// checkpoint. Not thread-safe.
/// </summary>
internal sealed class JournalReader(SqliteConnection connection, RecordSeal seal) : IDisposable
{
    private readonly EntryScan _entries = new(connection);

    private readonly SqliteCommand _state = JournalDatabase.Prepare(connection, "SELECT record FROM state WHERE key = $key", "$key");

    private readonly SqliteCommand _checkpointAtOrBefore = JournalDatabase.Prepare(
        connection, "SELECT sequence, hash FROM checkpoint WHERE sequence <= $sequence ORDER BY sequence DESC LIMIT 1", "$sequence");

    private (Guid Epoch, ulong Sequence, byte[] Hash)? _known;

    // What was read without a gap, and thereby proven: (from, through].
    private (ulong From, ulong Through) _proven;

    /// <summary>Reads the head and verifies the last entries: as many as follow the last checkpoint, and up to <paramref name="verifyUpTo"/> more.</summary>
    /// <exception cref="JournalDamageException">Something is not as it was written.</exception>
    public JournalHead ReadHead(ulong verifyUpTo)
    {
        var epochBytes = Fact(JournalFile.EpochFact) ?? throw new JournalDamageException("the epoch is missing");
        if (epochBytes.Length != 16)
        {
            throw new JournalDamageException("the epoch is damaged");
        }

        var epoch = new Guid(epochBytes, bigEndian: true);
        var acknowledged = ReadAcknowledged();
        var last = ReadLastSequence();
        if (acknowledged > last)
        {
            throw new JournalDamageException($"the server holds entry {acknowledged}, but the last entry here is {last}");
        }

        var from = Math.Max(acknowledged, last > verifyUpTo ? last - verifyUpTo : 0);
        return new JournalHead(epoch, last, Verify(epoch, from, last), acknowledged);
    }

    /// <summary>Verifies from the checkpoint before <paramref name="from"/> up to and including <paramref name="through"/>; returns the hash there.</summary>
    /// <exception cref="JournalDamageException">Something is not as it was written.</exception>
    public byte[] Verify(Guid epoch, ulong from, ulong through)
    {
        var (sequence, hash) = CheckpointAtOrBefore(from);
        while (sequence < through)
        {
            var run = ReadFrom(epoch, sequence, hash, through - sequence, long.MaxValue);
            if (run.Count == 0)
            {
                throw new JournalDamageException($"entry {sequence + 1} is missing");
            }

            (sequence, hash) = (run[^1].Sequence, run[^1].Hash);
        }

        return hash;
    }

    /// <summary>Verifies; false when retention took the entries meanwhile.</summary>
    /// <exception cref="JournalDamageException">Something is not as it was written.</exception>
    public bool VerifyUnlessGone(Guid epoch, ulong from, ulong through)
    {
        try
        {
            Verify(epoch, from, through);
            return true;
        }
        catch (JournalDamageException) when (from + 1 < OldestSequence())
        {
            return false;
        }
    }

    public JournalRun Read(Guid epoch, ulong afterSequence, int maxEntries, int maxBytes)
    {
        var hash = HashAt(epoch, afterSequence);
        var entries = ReadFrom(epoch, afterSequence, hash, (ulong)maxEntries, maxBytes);
        var last = entries.Count == 0 ? hash : entries[^1].Hash;
        var through = afterSequence + (ulong)entries.Count;
        _known = (epoch, through, last);
        _proven = afterSequence >= _proven.From && afterSequence <= _proven.Through ? (_proven.From, Math.Max(through, _proven.Through)) : (afterSequence, through);
        return new JournalRun(epoch, hash, entries.ConvertAll(static e => new StoredEntry(e.Sequence, e.Bytes)), last);
    }

    /// <summary>The sequence up to which everything after <paramref name="from"/> was read already, and thereby proven.</summary>
    public ulong ProvenThrough(ulong from) => from >= _proven.From && from < _proven.Through ? _proven.Through : from;

    public byte[]? ReadState(string key)
    {
        _state.Parameters[0].Value = key;
        using var row = _state.ExecuteReader();
        return row.Read() ? OpenState(key, Blob(row, 0)) : null;
    }

    public List<KeyValuePair<string, byte[]>> ReadStates(string prefix)
    {
        using var command = JournalDatabase.Prepare(
            connection, "SELECT key, record FROM state WHERE substr(key, 1, length($prefix)) = $prefix ORDER BY key", "$prefix");
        command.Parameters[0].Value = prefix;
        using var row = command.ExecuteReader();
        var states = new List<KeyValuePair<string, byte[]>>();
        while (row.Read())
        {
            var key = row.GetValue(0) as string ?? throw new JournalDamageException("a state key is damaged");
            states.Add(new(key, OpenState(key, Blob(row, 1))));
        }

        return states;
    }

    public byte[]? Fact(string name)
    {
        using var command = JournalDatabase.Prepare(connection, "SELECT value FROM fact WHERE name = $name", "$name");
        command.Parameters[0].Value = name;
        return command.ExecuteScalar() switch
        {
            null => null,
            byte[] record => seal.Open(RecordSeal.PlaceOfFact(name), record) ?? throw new JournalDamageException($"the fact '{name}' is damaged"),
            _ => throw new JournalDamageException($"the fact '{name}' is damaged"),
        };
    }

    public void Dispose()
    {
        _entries.Dispose();
        _state.Dispose();
        _checkpointAtOrBefore.Dispose();
        connection.Dispose();
    }

    private byte[] HashAt(Guid epoch, ulong sequence)
    {
        if (_known is { } known && known.Epoch == epoch && known.Sequence == sequence)
        {
            return known.Hash;
        }

        var oldest = OldestSequence();
        if (sequence + 1 < oldest)
        {
            throw new JournalFaultException(
                JournalFault.Gone, $"Entry {sequence + 1} has left the disk: the oldest here is {oldest}.");
        }

        return Verify(epoch, sequence, sequence);
    }

    private List<(ulong Sequence, byte[] Bytes, byte[] Hash)> ReadFrom(Guid epoch, ulong after, byte[] hash, ulong maxEntries, long maxBytes)
    {
        _entries.Begin(after, Math.Min(maxEntries, JournalFile.CheckpointEvery));
        try
        {
            return ReadOn(epoch, after + 1, hash, maxBytes);
        }
        finally
        {
            _entries.End();
        }
    }

    private List<(ulong Sequence, byte[] Bytes, byte[] Hash)> ReadOn(Guid epoch, ulong first, byte[] hash, long maxBytes)
    {
        var result = new List<(ulong, byte[], byte[])>();
        long bytes = 0;
        for (var expected = first; _entries.Read(); expected++)
        {
            var sequence = _entries.Sequence;
            if (sequence != expected)
            {
                throw new JournalDamageException($"entry {expected} is missing: {sequence} follows");
            }

            var entry = seal.OpenEntry(epoch, sequence, _entries.Record) ?? throw new JournalDamageException($"entry {sequence} is damaged");
            bytes += entry.Length;
            if (bytes > maxBytes && result.Count > 0)
            {
                break;
            }

            hash = JournalChain.Next(hash, entry);
            CheckCheckpoint(sequence, hash);
            result.Add((sequence, entry, hash));
        }

        return result;
    }

    private void CheckCheckpoint(ulong sequence, byte[] hash)
    {
        if (sequence % JournalFile.CheckpointEvery == 0 && CheckpointAtOrBefore(sequence) is var (at, stored) && (at != sequence || !stored.AsSpan().SequenceEqual(hash)))
        {
            throw new JournalDamageException($"the chain hash at entry {sequence} does not fit");
        }
    }

    private (ulong Sequence, byte[] Hash) CheckpointAtOrBefore(ulong sequence)
    {
        _checkpointAtOrBefore.Parameters[0].Value = (long)sequence;
        using var row = _checkpointAtOrBefore.ExecuteReader();
        if (!row.Read())
        {
            return (0, JournalChain.Genesis.ToArray());
        }

        var hash = Blob(row, 1);
        return hash.Length == JournalChain.HashLength
            ? ((ulong)row.GetInt64(0), hash)
            : throw new JournalDamageException($"the checkpoint at or before entry {sequence} is damaged");
    }

    /// <summary>Oldest entry that has not left the disk.</summary>
    public ulong OldestSequence() => (ulong)(Scalar("SELECT min(sequence) FROM entry") as long? ?? 1);

    // Retention may have taken every entry up to a checkpoint; the checkpoint itself stays.
    private ulong ReadLastSequence()
    {
        var entry = Scalar("SELECT max(sequence) FROM entry") as long?;
        var checkpoint = Scalar("SELECT max(sequence) FROM checkpoint") as long? ?? 0;
        return entry is null || entry >= checkpoint
            ? (ulong)(entry ?? checkpoint)
            : throw new JournalDamageException($"entries {entry + 1} to {checkpoint} are missing");
    }

    private ulong ReadAcknowledged() => Fact(JournalFile.AcknowledgedFact) switch
    {
        null => 0,
        { Length: sizeof(ulong) } bytes => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        _ => throw new JournalDamageException("the acknowledged sequence is damaged"),
    };

    private byte[] OpenState(string key, byte[] record) =>
        seal.Open(RecordSeal.PlaceOfState(key), record) ?? throw new JournalDamageException($"the state '{key}' is damaged");

    private static byte[] Blob(SqliteDataReader row, int column) =>
        row.GetValue(column) as byte[] ?? throw new JournalDamageException("a record is no record");

    private object? Scalar(string sql)
    {
        using var command = JournalDatabase.Prepare(connection, sql);
        return command.ExecuteScalar();
    }
}

/// <summary>A journal file does not hold what was written to it.</summary>
internal sealed class JournalDamageException(string what, Exception? inner = null) : Exception(what, inner);
