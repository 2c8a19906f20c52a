using System.Threading.Channels;

namespace Fleet.Server.Storage.Engine;

/// <summary>A bounded number of connections for reads; each read sees one state of the database throughout.</summary>
public sealed class ReadPool : IAsyncDisposable
{
    private readonly IDatabaseEngine _engine;
    private readonly Channel<Session?> _idle;
    private readonly int _size;
    private bool _closed;

    /// <summary>Makes a pool; connections are opened when first needed.</summary>
    public ReadPool(IDatabaseEngine engine, StorageOptions options)
    {
        (_engine, _size) = (engine, options.Readers);
        _idle = Channel.CreateBounded<Session?>(_size);
        for (var i = 0; i < _size; i++)
        {
            _idle.Writer.TryWrite(null);
        }
    }

    /// <summary>Runs <paramref name="work"/> in a transaction that only reads.</summary>
    public async Task<T> RunAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var session = await _idle.Reader.ReadAsync(cancellationToken);
        var healthy = false;
        try
        {
            session ??= new Session(await _engine.OpenReadAsync(cancellationToken), _engine);
            await session.BeginAsync(write: false, cancellationToken);
            var result = await work(session, cancellationToken);
            await session.RollbackAsync(cancellationToken);
            healthy = true;
            return result;
        }
        finally
        {
            if (!healthy && session is not null)
            {
                await session.DisposeAsync();
            }

            _idle.Writer.TryWrite(healthy ? session : null);
        }
    }

    /// <summary>Waits for the reads that run and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, true))
        {
            return;
        }

        for (var i = 0; i < _size; i++)
        {
            if (await _idle.Reader.ReadAsync(CancellationToken.None) is { } session)
            {
                await session.DisposeAsync();
            }
        }
    }
}
