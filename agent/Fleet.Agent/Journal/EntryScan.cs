using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Agent.Journal;

/// <summary>
/// The records of a journal file in order, each where SQLite holds it: no copy, nothing allocated. A backlog is read at the pace of the
/// link. One scan at a time; not thread-safe.
/// </summary>
internal sealed class EntryScan : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;

    public EntryScan(SqliteConnection connection)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(
            connection.Handle,
            "SELECT sequence, record FROM entry WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            raw.SQLITE_PREPARE_PERSISTENT,
            out _statement));
    }

    /// <summary>Sequence of the record that was read.</summary>
    public ulong Sequence => (ulong)raw.sqlite3_column_int64(_statement, 0);

    /// <summary>The record; gone with the next <see cref="Read"/>.</summary>
    /// <exception cref="JournalDamageException">It is no record.</exception>
    public ReadOnlySpan<byte> Record => raw.sqlite3_column_type(_statement, 1) == raw.SQLITE_BLOB
        ? raw.sqlite3_column_blob(_statement, 1)
        : throw new JournalDamageException("a record is no record");

    /// <summary>Begins behind a sequence; <see cref="End"/> it.</summary>
    public void Begin(ulong after, ulong limit)
    {
        Check(raw.sqlite3_bind_int64(_statement, 1, (long)after));
        Check(raw.sqlite3_bind_int64(_statement, 2, (long)limit));
    }

    /// <summary>Goes to the next record; false behind the last.</summary>
    public bool Read()
    {
        var code = raw.sqlite3_step(_statement);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            Check(code);
        }

        return code == raw.SQLITE_ROW;
    }

    /// <summary>Lets go of the state of the file that was read. What went wrong was told by <see cref="Read"/>.</summary>
    public void End() => _ = raw.sqlite3_reset(_statement);

    public void Dispose() => _statement.Dispose();

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _connection.Handle);
}
