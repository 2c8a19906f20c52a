using System.Buffers;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fleet.Server.Storage.Engine;

/// <summary>
/// A statement of SQLite without the layers above it: parameters go in by number, and one that holds the value already is left alone. Most
/// columns of neighbouring rows are equal, and giving 26 parameters their values by name costs more than the insert itself.
/// </summary>
internal sealed class SqliteStatement : IStatement
{
    private const int OnStack = 512;

    private readonly SqliteConnection _connection;
    private readonly sqlite3_stmt _statement;

    // What each parameter holds; itself where that is not known.
    private readonly object?[] _bound;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v3(connection.Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement, out var rest));
        if (!string.IsNullOrWhiteSpace(rest))
        {
            _statement.Dispose();
            throw new ArgumentException($"One statement at a time; behind it stands '{rest}'.", nameof(sql));
        }

        _bound = new object?[raw.sqlite3_bind_parameter_count(_statement)];
    }

    public Task<int> ExecuteAsync(object?[] arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Execute(arguments));
    }

    public void Dispose() => _statement.Dispose();

    private int Execute(object?[] arguments)
    {
        if (arguments.Length != _bound.Length)
        {
            throw new ArgumentException($"The statement takes {_bound.Length} arguments, not {arguments.Length}.", nameof(arguments));
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            if (!Equals(_bound[i], arguments[i]))
            {
                Bind(i, arguments[i]);
            }
        }

        return Step();
    }

    private int Step()
    {
        var code = raw.SQLITE_ROW;
        while (code == raw.SQLITE_ROW)
        {
            code = raw.sqlite3_step(_statement);
        }

        if (code != raw.SQLITE_DONE)
        {
            // The message belongs to the last call on the connection: it is read before the statement is made ready again.
            try
            {
                Check(code);
            }
            finally
            {
                _ = raw.sqlite3_reset(_statement);
            }
        }

        var changes = raw.sqlite3_changes(_connection.Handle);
        Check(raw.sqlite3_reset(_statement));
        return changes;
    }

    private void Bind(int index, object? value)
    {
        _bound[index] = this;
        var position = index + 1;
        Check(value switch
        {
            null => raw.sqlite3_bind_null(_statement, position),
            long number => raw.sqlite3_bind_int64(_statement, position, number),
            int number => raw.sqlite3_bind_int64(_statement, position, number),
            string text => BindText(position, text),
            byte[] bytes => raw.sqlite3_bind_blob(_statement, position, bytes),
            ReadOnlyMemory<byte> bytes => raw.sqlite3_bind_blob(_statement, position, bytes.Span),
            _ => throw new ArgumentException($"Argument {position} is a {value.GetType().Name}.", nameof(value)),
        });

        // What can change under its reference is never taken as known.
        _bound[index] = value is byte[] or ReadOnlyMemory<byte> ? this : value;
    }

    private int BindText(int position, string text)
    {
        // No bytes at all would be NULL.
        if (text.Length == 0)
        {
            return raw.sqlite3_bind_text(_statement, position, text);
        }

        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = longest > OnStack ? ArrayPool<byte>.Shared.Rent(longest) : null;
        try
        {
            var bytes = rented ?? stackalloc byte[OnStack];
            return raw.sqlite3_bind_text(_statement, position, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _connection.Handle);
}
