using System.Data.Common;

namespace Fleet.Server.Storage.Engine;

/// <summary>
/// What differs between database engines, and nothing else. Statements are written once: positional parameters <c>$1</c>,
/// <c>ON CONFLICT</c>, <c>RETURNING</c>, row values; times are microseconds in BIGINT, flags 0 or 1 in INTEGER, enums their names.
/// </summary>
public interface IDatabaseEngine
{
    /// <summary>For log lines.</summary>
    string Name { get; }

    /// <summary>Transactions that may write at the same time.</summary>
    int Writers { get; }

    /// <summary>Begins a transaction that will write.</summary>
    string BeginWrite { get; }

    /// <summary>Begins a transaction that sees one state of the database throughout.</summary>
    string BeginRead { get; }

    /// <summary>Put behind a SELECT whose rows stay unchanged until the commit.</summary>
    string RowLock { get; }

    /// <summary>Opens a connection for the write lane.</summary>
    Task<DbConnection> OpenWriteAsync(CancellationToken cancellationToken);

    /// <summary>Opens a connection for reads.</summary>
    Task<DbConnection> OpenReadAsync(CancellationToken cancellationToken);

    /// <summary>Prepares a single statement that changes rows.</summary>
    IStatement Prepare(DbConnection connection, string sql);

    /// <summary>Adds the parameter with this position (from 1) to a command.</summary>
    void AddParameter(DbCommand command, int position);

    /// <summary>Replaces the type words of a migration: <c>{key}</c>, <c>{blob}</c>, <c>{text}</c> (compared byte by byte).</summary>
    string Translate(string migration);

    /// <summary>True when the same work may succeed if it is simply done again.</summary>
    bool IsTransient(Exception exception);
}
