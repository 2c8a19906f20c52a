using System.Data.Common;

namespace Fleet.Server.Storage.Engine;

/// <summary>
/// One connection inside one transaction, with its prepared statements. Used by one piece of work at a time.
/// </summary>
public sealed class Session(DbConnection connection, IDatabaseEngine engine) : IAsyncDisposable
{
    private const int LargestCache = 256;

    private readonly Dictionary<string, DbCommand> _prepared = new(SqlText.Comparer);
    private readonly Dictionary<string, IStatement> _statements = new(SqlText.Comparer);
    private readonly HashSet<ChangedKey> _touched = [];
    private long? _version;

    /// <summary>What this transaction changed so far.</summary>
    internal IReadOnlyCollection<ChangedKey> Touched => _touched;

    /// <summary>Put behind a SELECT whose rows stay unchanged until the commit.</summary>
    public string RowLock => engine.RowLock;

    /// <summary>Says that a row of a topic changed; watchers of the topic hear of it after the commit.</summary>
    public void Touch(Topic topic, string key) => _touched.Add(new ChangedKey(topic, key));

    /// <summary>
    /// A number above every one given before, in the order of the commits: the resume token of a changed row.
    /// </summary>
    public async ValueTask<long> NextVersionAsync(CancellationToken cancellationToken)
    {
        _version ??= await ScalarAsync("SELECT value FROM change_counter WHERE id = 1" + RowLock, [], cancellationToken);
        _version++;
        return _version.Value;
    }

    /// <summary>Takes <paramref name="count"/> versions at once; the ones above the number returned.</summary>
    public async ValueTask<long> ReserveVersionsAsync(long count, CancellationToken cancellationToken)
    {
        var before = await NextVersionAsync(cancellationToken) - 1;
        _version = before + count;
        return before;
    }

    /// <summary>Runs a statement; returns the number of rows it changed.</summary>
    public Task<int> ExecuteAsync(string sql, object?[] arguments, CancellationToken cancellationToken)
    {
        if (_statements.TryGetValue(sql, out var known))
        {
            return known.ExecuteAsync(arguments, cancellationToken);
        }

        var statement = engine.Prepare(connection, sql);
        return _statements.Count < LargestCache && _statements.TryAdd(sql, statement)
            ? statement.ExecuteAsync(arguments, cancellationToken)
            : ExecuteOnceAsync(statement, arguments, cancellationToken);
    }

    /// <summary>First column of the first row; 0 when there is none or it is NULL.</summary>
    public async Task<long> ScalarAsync(string sql, object?[] arguments, CancellationToken cancellationToken)
    {
        using var use = Prepare(sql, arguments);
        return await use.Command.ExecuteScalarAsync(cancellationToken) switch
        {
            null or DBNull => 0,
            var value => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    /// <summary>All rows.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, object?[] arguments, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        using var use = Prepare(sql, arguments);
        await using var reader = await use.Command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>The first row; null when there is none.</summary>
    public async Task<T?> FirstAsync<T>(string sql, object?[] arguments, Func<DbDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        using var use = Prepare(sql, arguments);
        await using var reader = await use.Command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        foreach (var command in _prepared.Values)
        {
            await command.DisposeAsync();
        }

        await connection.DisposeAsync();
    }

    internal Task BeginAsync(bool write, CancellationToken cancellationToken)
    {
        _touched.Clear();
        _version = null;
        return ExecuteAsync(write ? engine.BeginWrite : engine.BeginRead, [], cancellationToken);
    }

    internal async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_version is { } version)
        {
            await ExecuteAsync("UPDATE change_counter SET value = $1 WHERE id = 1", [version], cancellationToken);
        }

        await ExecuteAsync("COMMIT", [], cancellationToken);
    }

    internal Task RollbackAsync(CancellationToken cancellationToken) => ExecuteAsync("ROLLBACK", [], cancellationToken);

    private static async Task<int> ExecuteOnceAsync(IStatement statement, object?[] arguments, CancellationToken cancellationToken)
    {
        using (statement)
        {
            return await statement.ExecuteAsync(arguments, cancellationToken);
        }
    }

    private Use Prepare(string sql, object?[] arguments)
    {
        var cached = _prepared.TryGetValue(sql, out var command);
        if (!cached)
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < arguments.Length; i++)
            {
                engine.AddParameter(command, i + 1);
            }

            cached = _prepared.Count < LargestCache && _prepared.TryAdd(sql, command);
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            command!.Parameters[i].Value = arguments[i] ?? DBNull.Value;
        }

        return new Use(command!, cached);
    }

    private readonly struct Use(DbCommand command, bool cached) : IDisposable
    {
        public DbCommand Command => command;

        public void Dispose()
        {
            if (!cached)
            {
                command.Dispose();
            }
        }
    }
}
