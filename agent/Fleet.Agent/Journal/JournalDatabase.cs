using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Agent.Journal;

/// <summary>Opens SQLite files the one way this journal trusts: WAL that is synced at every commit.</summary>
internal static class JournalDatabase
{
    // Frames after which a commit writes the log back itself: usually the housekeeping has long done so.
    private const int LongestLog = 2000;

    // What is kept of the log's file when it begins anew, a little more than the longest log: a commit that writes over it waits for its bytes
    // alone, one that grows it for the file system's own log as well.
    private const int KeptLogBytes = 9 * 1024 * 1024;

    // A technician's tool may hold the file for a moment.
    private const int BusyMilliseconds = 5_000;

    private const string Schema = """
        CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB NOT NULL);
        CREATE TABLE entry(sequence INTEGER PRIMARY KEY, record BLOB NOT NULL);
        CREATE TABLE checkpoint(sequence INTEGER PRIMARY KEY, hash BLOB NOT NULL, wall_micros INTEGER NOT NULL);
        CREATE TABLE state(key TEXT PRIMARY KEY, record BLOB NOT NULL);
        """;

    // Own constants: SQLite's primary result codes.
    private const int LogicError = 1;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;
    private const int CannotOpen = 14;

    static JournalDatabase() => Batteries_V2.Init();

    /// <summary>
    /// Makes a file that nobody knows of yet: nothing in it is durable before <see cref="Complete"/>, so that a first start waits for the disk once
    /// and not at every statement.
    /// </summary>
    public static SqliteConnection Create(string path) =>
        Connect(path, SqliteOpenMode.ReadWriteCreate, "PRAGMA synchronous=OFF; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;", Schema);

    /// <summary>Brings everything that was committed into the file itself; its log is empty then. The file still has to be synced.</summary>
    /// <exception cref="SqliteException">It could not; the file is not to be used.</exception>
    public static void Complete(SqliteConnection connection) => Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");

    public static SqliteConnection OpenWriter(string path) => Connect(
        path,
        SqliteOpenMode.ReadWrite,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;",
        $"PRAGMA wal_autocheckpoint={LongestLog}; PRAGMA journal_size_limit={KeptLogBytes};");

    public static SqliteConnection OpenReader(string path) => Connect(path, SqliteOpenMode.ReadWrite, "PRAGMA query_only=ON; PRAGMA mmap_size=0;");

    /// <summary>Opens a file that was set aside without changing it.</summary>
    public static SqliteConnection OpenSetAside(string path) => Connect(path, SqliteOpenMode.ReadOnly);

    // The statements are constants that fit the schema: a logic error means that the schema is not what was written.
    public static bool IsDamage(SqliteException error) => error.SqliteErrorCode is LogicError or Corrupt or NotADatabase;

    public static bool IsFull(SqliteException error) => error.SqliteErrorCode is Full;

    public static bool IsCannotOpen(SqliteException error) => error.SqliteErrorCode is CannotOpen;

    public static SqliteCommand Prepare(SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this room come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        command.Prepare();
        return command;
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this room come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Tag of the key that the file was written with, in SQLite's user_version; 0 = none.</summary>
    public static long ReadKeyTag(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return (long)command.ExecuteScalar()!;
    }

    public static void WriteKeyTag(SqliteConnection connection, int tag) => Execute(connection, $"PRAGMA user_version={tag}");

    private static SqliteConnection Connect(string path, SqliteOpenMode mode, params ReadOnlySpan<string> setup)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 };
        if (LogSync.VfsName is { } vfs)
        {
            text.Vfs = vfs;
        }

        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            SqliteException.ThrowExceptionForRC(raw.sqlite3_busy_timeout(connection.Handle, BusyMilliseconds), connection.Handle);
            foreach (var sql in setup)
            {
                Execute(connection, sql);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
