using Microsoft.Extensions.Logging;

namespace Fleet.Server.Storage.Engine;

/// <summary>The server's database: one way to write, one way to read, one place that tells of changes.</summary>
public sealed class FleetDatabase : IAsyncDisposable
{
    private readonly IDatabaseEngine _engine;
    private readonly ILogger<WriteLane> _logger;
    private readonly WriteLane _lane;
    private readonly ReadPool _pool;

    /// <summary>Opens nothing yet: <see cref="MigrateAsync"/> first.</summary>
    public FleetDatabase(IDatabaseEngine engine, StorageOptions options, TimeProvider clock, ILogger<WriteLane> logger)
    {
        (_engine, _logger, Options, Clock) = (engine, logger, options, clock);
        _lane = new WriteLane(engine, Changes, options, logger);
        _pool = new ReadPool(engine, options);
    }

    /// <summary>Where commits are told.</summary>
    public ChangeBoard Changes { get; } = new();

    /// <summary>The clock that rows are stamped with.</summary>
    public TimeProvider Clock { get; }

    /// <summary>How it was set up.</summary>
    public StorageOptions Options { get; }

    /// <summary>Brings the schema up to date. A database of a newer server is refused.</summary>
    /// <exception cref="StorageException">The database cannot be opened or is of a newer server.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var reached = await WriteAsync((session, ct) => Migrations.ApplyAsync(session, _engine, Clock, ct), cancellationToken);
        StorageLog.Migrated(_logger, _engine.Name, reached.Number, reached.Name);
    }

    /// <inheritdoc cref="WriteLane.RunAsync{T}"/>
    public Task<T> WriteAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        _lane.RunAsync(work, cancellationToken);

    /// <inheritdoc cref="ReadPool.RunAsync{T}"/>
    public Task<T> ReadAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        _pool.RunAsync(work, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _lane.DisposeAsync();
        await _pool.DisposeAsync();
    }
}
