using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Journal;

/// <summary>Opens SQLite files the one way this journal trusts: WAL with an fsync at every commit.</summary>
internal static class JournalDatabase
{
    // Frames after which a commit writes the log back itself: usually the housekeeping has long done so.
    private const int LongestLog = 2000;

    // What is kept of the log's file when it begins anew: writing over it is cheaper than growing it.
    private const int KeptLogBytes = 4 * 1024 * 1024;

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

    static JournalDatabase() => SQLitePCL.Batteries_V2.Init();

    /// <summary>
    /// Makes a file that nobody knows of yet: nothing in it is durable before <see cref="Complete"/>, so that a first start waits for the disk once
    /// and not at every statement.
    /// </summary>
    public static SqliteConnection Create(string path)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWriteCreate);
        Execute(connection, "PRAGMA synchronous=OFF; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;");
        Execute(connection, Schema);
        return connection;
    }

    /// <summary>Brings everything that was committed into the file itself; its log is empty then. The file still has to be synced.</summary>
    /// <exception cref="SqliteException">It could not; the file is not to be used.</exception>
    public static void Complete(SqliteConnection connection) => Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");

    public static SqliteConnection OpenWriter(string path)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWrite);
        Configure(connection);
        return connection;
    }

    public static SqliteConnection OpenReader(string path)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWrite);
        Execute(connection, "PRAGMA query_only=ON; PRAGMA mmap_size=0;");
        return connection;
    }

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

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 5 };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void Configure(SqliteConnection connection)
    {
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;");
        Execute(connection, $"PRAGMA wal_autocheckpoint={LongestLog}; PRAGMA journal_size_limit={KeptLogBytes};");
    }
}
