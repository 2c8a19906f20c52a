using System.Buffers.Binary;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using SQLitePCL;

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
    private readonly JournalStatement _begin;
    private readonly JournalStatement _commit;
    private readonly JournalStatement _rollback;
    private readonly JournalStatement _insertEntry;
    private readonly JournalStatement _insertCheckpoint;
    private readonly JournalStatement _putState;
    private readonly JournalStatement _removeState;
    private readonly JournalStatement _putFact;
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
        _begin = new JournalStatement(connection, "BEGIN IMMEDIATE");
        _commit = new JournalStatement(connection, "COMMIT");
        _rollback = new JournalStatement(connection, "ROLLBACK");
        _insertEntry = new JournalStatement(connection, "INSERT INTO entry(sequence, record) VALUES (?1, ?2)");
        _insertCheckpoint = new JournalStatement(connection, "INSERT INTO checkpoint(sequence, hash, wall_micros) VALUES (?1, ?2, ?3)");
        _putState = new JournalStatement(connection, "INSERT INTO state(key, record) VALUES (?1, ?2) ON CONFLICT(key) DO UPDATE SET record = excluded.record");
        _removeState = new JournalStatement(connection, "DELETE FROM state WHERE key = ?1");
        _putFact = new JournalStatement(connection, "INSERT INTO fact(name, value) VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value");
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
        _begin.Run();
    }

    public void Commit()
    {
        _commit.Run();
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
            _rollback.Run();
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
        _insertEntry.Bind(1, (long)sequence).Bind(2, _seal.SealEntry(Epoch, sequence, bytes)).Run();
        LastSequence = sequence;
        LastHash = JournalChain.Next(LastHash, bytes);
        if (sequence % CheckpointEvery == 0)
        {
            _insertCheckpoint.Bind(1, (long)sequence).Bind(2, LastHash).Bind(3, stamp.WallUnixMicros).Run();
        }

        return sequence;
    }

    public void Put(StateChange change)
    {
        if (change.Value is null)
        {
            _removeState.Bind(1, change.Key).Run();
            return;
        }

        _putState.Bind(1, change.Key).Bind(2, _seal.Seal(RecordSeal.PlaceOfState(change.Key), change.Value)).Run();
    }

    public void PutAcknowledged(ulong through)
    {
        var value = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, through);
        PutFact(AcknowledgedFact, value);
        AcknowledgedThrough = through;
    }

    public void PutFact(string name, byte[] value) => _putFact.Bind(1, name).Bind(2, _seal.Seal(RecordSeal.PlaceOfFact(name), value)).Run();

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

    /// <summary>
    /// Closes it without bringing anything from the log into the file. Where going back failed, what goes back may stand in the log behind what is to
    /// go: SQLite would bring the one into the file and drop the other.
    /// </summary>
    public void DisposeAsItIs()
    {
        _ = raw.sqlite3_db_config(_connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        Dispose();
    }

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<JournalStatement>)
            [_begin, _commit, _rollback, _insertEntry, _insertCheckpoint, _putState, _removeState, _putFact])
        {
            statement.Dispose();
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
