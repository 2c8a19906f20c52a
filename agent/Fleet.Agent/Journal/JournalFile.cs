using System.Buffers.Binary;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Journal;

/// <summary>
/// The writing side of one open journal file. Owned by one loop; not thread-safe. Between <see cref="Begin"/> and
/// <see cref="Commit"/> the head moves with what is inserted; <see cref="Rollback"/> takes it back.
/// </summary>
internal sealed class JournalFile : IDisposable
{
    /// <summary>Every so many entries the chain hash is stored, so that a reader need not begin at the first entry.</summary>
    public const ulong CheckpointEvery = 1024;

    // A commit of one payment's step writes three or four pages.
    private const int CommitsInLongLog = 250;

    public const string EpochFact = "epoch";
    public const string AcknowledgedFact = "acknowledged";
    public const string SalvageFact = "salvage";

    private readonly SqliteConnection _connection;
    private readonly RecordSeal _seal;
    private readonly ByteString _epochBytes;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private readonly SqliteCommand _insertEntry;
    private readonly SqliteCommand _insertCheckpoint;
    private readonly SqliteCommand _putState;
    private readonly SqliteCommand _removeState;
    private readonly SqliteCommand _putFact;
    private (ulong Sequence, byte[] Hash, ulong Acknowledged)? _beforeBegin;
    private int _commits;

    public JournalFile(SqliteConnection connection, RecordSeal seal, JournalHead head)
    {
        _connection = connection;
        _seal = seal;
        Epoch = head.Epoch;
        LastSequence = head.LastSequence;
        LastHash = head.LastHash;
        AcknowledgedThrough = head.AcknowledgedThrough;
        _epochBytes = ByteString.CopyFrom(head.Epoch.ToByteArray(bigEndian: true));
        _begin = JournalDatabase.Prepare(connection, "BEGIN IMMEDIATE");
        _commit = JournalDatabase.Prepare(connection, "COMMIT");
        _rollback = JournalDatabase.Prepare(connection, "ROLLBACK");
        _insertEntry = JournalDatabase.Prepare(connection, "INSERT INTO entry(sequence, record) VALUES ($sequence, $record)", "$sequence", "$record");
        _insertCheckpoint = JournalDatabase.Prepare(
            connection, "INSERT INTO checkpoint(sequence, hash, wall_micros) VALUES ($sequence, $hash, $wall)", "$sequence", "$hash", "$wall");
        _putState = JournalDatabase.Prepare(connection, "INSERT INTO state(key, record) VALUES ($key, $record) ON CONFLICT(key) DO UPDATE SET record = excluded.record", "$key", "$record");
        _removeState = JournalDatabase.Prepare(connection, "DELETE FROM state WHERE key = $key", "$key");
        _putFact = JournalDatabase.Prepare(connection, "INSERT INTO fact(name, value) VALUES ($name, $value) ON CONFLICT(name) DO UPDATE SET value = excluded.value", "$name", "$value");
    }

    public Guid Epoch { get; }

    public ulong LastSequence { get; private set; }

    public byte[] LastHash { get; private set; }

    public ulong AcknowledgedThrough { get; private set; }

    public SqliteConnection Connection => _connection;

    /// <summary>True when there is enough in the log that writing it back should not be left to somebody's commit.</summary>
    public bool IsLogLong => _commits >= CommitsInLongLog;

    public void Begin()
    {
        _beforeBegin = (LastSequence, LastHash, AcknowledgedThrough);
        _begin.ExecuteNonQuery();
    }

    public void Commit()
    {
        _commit.ExecuteNonQuery();
        _beforeBegin = null;
        _commits++;
    }

    /// <summary>
    /// Takes back the transaction that is running, if one is. After a failed commit SQLite may have done so itself; an error here
    /// changes nothing.
    /// </summary>
    public void Rollback()
    {
        if (_beforeBegin is not { } before)
        {
            return;
        }

        (LastSequence, LastHash, AcknowledgedThrough) = before;
        _beforeBegin = null;
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // No transaction is active any more, or the file is beyond help: the caller closes it.
        }
    }

    public ulong Insert(JournalEntry entry, Stamp stamp)
    {
        var sequence = LastSequence + 1;
        entry.Epoch = _epochBytes;
        entry.Sequence = sequence;
        entry.Stamp = stamp;
        var bytes = entry.ToByteArray();
        _insertEntry.Parameters[0].Value = (long)sequence;
        _insertEntry.Parameters[1].Value = _seal.SealEntry(Epoch, sequence, bytes);
        _insertEntry.ExecuteNonQuery();
        LastSequence = sequence;
        LastHash = JournalChain.Next(LastHash, bytes);
        if (sequence % CheckpointEvery == 0)
        {
            _insertCheckpoint.Parameters[0].Value = (long)sequence;
            _insertCheckpoint.Parameters[1].Value = LastHash;
            _insertCheckpoint.Parameters[2].Value = stamp.WallUnixMicros;
            _insertCheckpoint.ExecuteNonQuery();
        }

        return sequence;
    }

    public void Put(StateChange change)
    {
        if (change.Value is null)
        {
            _removeState.Parameters[0].Value = change.Key;
            _removeState.ExecuteNonQuery();
            return;
        }

        _putState.Parameters[0].Value = change.Key;
        _putState.Parameters[1].Value = _seal.Seal(RecordSeal.PlaceOfState(change.Key), change.Value);
        _putState.ExecuteNonQuery();
    }

    public void PutAcknowledged(ulong through)
    {
        var value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, through);
        PutFact(AcknowledgedFact, value);
        AcknowledgedThrough = through;
    }

    public void PutFact(string name, byte[] value)
    {
        _putFact.Parameters[0].Value = name;
        _putFact.Parameters[1].Value = _seal.Seal(RecordSeal.PlaceOfFact(name), value);
        _putFact.ExecuteNonQuery();
    }

    /// <summary>Takes back what nobody was told of, in a transaction of its own: the entries after <paramref name="head"/> and what came with them.</summary>
    public void GoBack(JournalHead head, JournalUndo? undo)
    {
        Begin();
        Run("DELETE FROM entry WHERE sequence > $sequence", head.LastSequence);
        Run("DELETE FROM checkpoint WHERE sequence > $sequence", head.LastSequence);
        if (undo is not null)
        {
            foreach (var change in undo.State)
            {
                Put(change);
            }

            PutSalvage(undo.Salvage);
        }

        Commit();
        (LastSequence, LastHash) = (head.LastSequence, head.LastHash);
    }

    /// <summary>Notes how far a salvage is; null when there is none any more.</summary>
    public void PutSalvage(byte[]? salvage)
    {
        if (salvage is null)
        {
            Run("DELETE FROM fact WHERE name = $name", "$name", SalvageFact);
        }
        else
        {
            PutFact(SalvageFact, salvage);
        }
    }

    /// <summary>
    /// Deletes acknowledged entries written before <paramref name="cutoffWallMicros"/>, at most <paramref name="most"/>, whole
    /// checkpoints at a time; the checkpoint itself stays as the beginning of the chain that is left. False when there was nothing.
    /// </summary>
    public bool DeleteAcknowledged(ulong acknowledgedThrough, long cutoffWallMicros, ulong most)
    {
        using var find = JournalDatabase.Prepare(
            _connection,
            "SELECT max(sequence) FROM checkpoint WHERE sequence <= $acknowledged AND wall_micros < $cutoff AND sequence <= $most",
            "$acknowledged",
            "$cutoff",
            "$most");
        var oldest = (ulong)(Scalar("SELECT min(sequence) FROM entry") ?? 0);
        find.Parameters[0].Value = (long)acknowledgedThrough;
        find.Parameters[1].Value = cutoffWallMicros;
        find.Parameters[2].Value = (long)(oldest + most);
        if (oldest == 0 || find.ExecuteScalar() is not long through || (ulong)through < oldest)
        {
            return false;
        }

        Begin();
        Run("DELETE FROM entry WHERE sequence <= $sequence", (ulong)through);
        Run("DELETE FROM checkpoint WHERE sequence < $sequence", (ulong)through);
        Commit();
        return true;
    }

    /// <summary>Gives free pages back to the file system, at most <paramref name="pages"/>, when there are many. False when there are not.</summary>
    public bool GiveBackSpace(int pages)
    {
        if (Scalar("PRAGMA freelist_count") <= 2 * pages)
        {
            return false;
        }

        Run($"PRAGMA incremental_vacuum({pages})");
        return true;
    }

    /// <summary>
    /// Writes back what was committed from the log into the file, as far as no reader still needs the file as it was, and lets the next commit begin the
    /// log anew. Only then the file gets smaller by what was given back. What is durable stays so at every moment: SQLite syncs the file before the log is
    /// written over.
    /// </summary>
    public void WriteBackLog()
    {
        Run("PRAGMA wal_checkpoint(PASSIVE)");
        _commits = 0;
    }

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)
            [_begin, _commit, _rollback, _insertEntry, _insertCheckpoint, _putState, _removeState, _putFact])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private long? Scalar(string sql)
    {
        using var command = JournalDatabase.Prepare(_connection, sql);
        return command.ExecuteScalar() as long?;
    }

    private void Run(string sql)
    {
        using var command = JournalDatabase.Prepare(_connection, sql);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            // incremental_vacuum frees one page for each row.
        }
    }

    private void Run(string sql, ulong sequence) => Run(sql, "$sequence", (long)sequence);

    private void Run(string sql, string parameter, object value)
    {
        using var command = JournalDatabase.Prepare(_connection, sql, parameter);
        command.Parameters[0].Value = value;
        command.ExecuteNonQuery();
    }
}

/// <summary>Head of a journal file as it was found or made.</summary>
internal sealed record JournalHead(Guid Epoch, ulong LastSequence, byte[] LastHash, ulong AcknowledgedThrough);

/// <summary>What a commit changes beside entries, as it was before.</summary>
internal sealed record JournalUndo(IReadOnlyList<StateChange> State, byte[]? Salvage);
