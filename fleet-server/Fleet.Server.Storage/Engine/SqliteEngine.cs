using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage.Engine;

/// <summary>
/// SQLite in WAL mode with synchronous=FULL: a commit that returned survives a power cut. One writer; readers never wait for it.
/// </summary>
public sealed class SqliteEngine(string dataFile) : IDatabaseEngine
{
    private const int Busy = 5;
    private const int Locked = 6;

    /// <inheritdoc/>
    public string Name => "sqlite";

    /// <inheritdoc/>
    public int Writers => 1;

    /// <inheritdoc/>
    public string BeginWrite => "BEGIN IMMEDIATE";

    /// <inheritdoc/>
    public string BeginRead => "BEGIN DEFERRED";

    /// <inheritdoc/>
    public string RowLock => string.Empty;

    /// <inheritdoc/>
    public Task<DbConnection> OpenWriteAsync(CancellationToken cancellationToken) =>
        OpenAsync(
            SqliteOpenMode.ReadWriteCreate,
            "PRAGMA busy_timeout=30000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-32768",
            cancellationToken);

    /// <inheritdoc/>
    public Task<DbConnection> OpenReadAsync(CancellationToken cancellationToken) =>
        OpenAsync(SqliteOpenMode.ReadWrite, "PRAGMA busy_timeout=30000; PRAGMA query_only=ON; PRAGMA cache_size=-8192", cancellationToken);

    /// <inheritdoc/>
    public IStatement Prepare(DbConnection connection, string sql) => new SqliteStatement((SqliteConnection)connection, sql);

    /// <inheritdoc/>
    public void AddParameter(DbCommand command, int position)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = $"${position}";
        command.Parameters.Add(parameter);
    }

    /// <inheritdoc/>
    public string Translate(string migration) => migration
        .Replace("{key}", "INTEGER PRIMARY KEY", StringComparison.Ordinal)
        .Replace("{blob}", "BLOB", StringComparison.Ordinal)
        .Replace("{text}", "TEXT", StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool IsTransient(Exception exception) => exception is SqliteException { SqliteErrorCode: Busy or Locked };

    private async Task<DbConnection> OpenAsync(SqliteOpenMode mode, string pragmas, CancellationToken cancellationToken)
    {
        // Pooling would keep a connection whose fsync failed; a session owns its connection and throws it away.
        var text = new SqliteConnectionStringBuilder { DataSource = dataFile, Mode = mode, Pooling = false, DefaultTimeout = 30 };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = pragmas;
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
