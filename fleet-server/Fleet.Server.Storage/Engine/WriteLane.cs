using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Fleet.Server.Storage.Engine;

/// <summary>
/// The only way to write. Works that wait at the same moment share one commit; each completes after it. A work may run more than once
/// (its group is rolled back when one of them fails), so it must have no effect outside of its session.
/// </summary>
public sealed class WriteLane : IAsyncDisposable
{
    private const int Attempts = 4;

    private readonly IDatabaseEngine _engine;
    private readonly ChangeBoard _board;
    private readonly ILogger<WriteLane> _logger;
    private readonly int _largestGroup;
    private readonly Channel<IWork> _waiting;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _loops;

    /// <summary>Starts the lane.</summary>
    public WriteLane(IDatabaseEngine engine, ChangeBoard board, StorageOptions options, ILogger<WriteLane> logger)
    {
        (_engine, _board, _logger, _largestGroup) = (engine, board, logger, options.LargestGroup);
        _waiting = Channel.CreateBounded<IWork>(new BoundedChannelOptions(options.LaneCapacity) { SingleReader = engine.Writers == 1 });
        _loops = [.. Enumerable.Range(0, engine.Writers).Select(_ => Task.Run(() => RunAsync(_stop.Token), _stop.Token))];
    }

    /// <summary>Runs <paramref name="work"/> in a transaction; completes after the commit.</summary>
    /// <exception cref="StorageException">Nothing of it is stored, as far as anybody knows.</exception>
    public async Task<T> RunAsync<T>(Func<Session, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var item = new Work<T>(work);
        await _waiting.Writer.WriteAsync(item, cancellationToken);
        return await item.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Stops after what waits is done.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_waiting.Writer.TryComplete())
        {
            await Task.WhenAll(_loops);
            await _stop.CancelAsync();
            _stop.Dispose();
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        Session? session = null;
        var group = new List<IWork>(_largestGroup);
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
        {
            while (group.Count < _largestGroup && _waiting.Reader.TryRead(out var work))
            {
                group.Add(work);
            }

            session = await ServeAsync(session, group, cancellationToken);
            group.Clear();
        }

        if (session is not null)
        {
            await session.DisposeAsync();
        }
    }

    // Returns the session to go on with: null after a failure that makes the connection untrustworthy.
    private async Task<Session?> ServeAsync(Session? session, List<IWork> group, CancellationToken cancellationToken)
    {
        try
        {
            session ??= new Session(await _engine.OpenWriteAsync(cancellationToken), _engine);
            if (await TryGroupAsync(session, group, cancellationToken))
            {
                return session;
            }

            foreach (var work in group)
            {
                await AloneAsync(session, work, cancellationToken);
            }

            return session;
        }
        catch (Exception exception)
        {
            // A commit that failed may or may not be on the disk. The connection is thrown away: a second fsync on it would lie.
            StorageLog.CommitFailed(_logger, exception, _engine.Name, group.Count);
            group.ForEach(work => work.Fail(new StorageException("The database could not store this.", exception)));
            return await AbandonAsync(session);
        }
    }

    private async Task<bool> TryGroupAsync(Session session, List<IWork> group, CancellationToken cancellationToken)
    {
        await session.BeginAsync(write: true, cancellationToken);
        foreach (var work in group)
        {
            if (!await work.TryRunAsync(session, cancellationToken))
            {
                await session.RollbackAsync(cancellationToken);
                return false;
            }
        }

        await session.CommitAsync(cancellationToken);
        Complete(session, group);
        return true;
    }

    private async Task AloneAsync(Session session, IWork work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await session.BeginAsync(write: true, cancellationToken);
            if (await work.TryRunAsync(session, cancellationToken))
            {
                await session.CommitAsync(cancellationToken);
                Complete(session, [work]);
                return;
            }

            await session.RollbackAsync(cancellationToken);
            if (attempt == Attempts || !_engine.IsTransient(work.Error!))
            {
                StorageLog.WorkFailed(_logger, work.Error!, _engine.Name);
                work.Fail(work.Error!);
                return;
            }
        }
    }

    private void Complete(Session session, List<IWork> group)
    {
        _board.Publish(session.Touched);
        group.ForEach(static work => work.Complete());
    }

    private async Task<Session?> AbandonAsync(Session? session)
    {
        try
        {
            if (session is not null)
            {
                await session.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            StorageLog.CloseFailed(_logger, exception, _engine.Name);
        }

        return null;
    }

    private interface IWork
    {
        Exception? Error { get; }

        Task<bool> TryRunAsync(Session session, CancellationToken cancellationToken);

        void Complete();

        void Fail(Exception exception);
    }

    private sealed class Work<T>(Func<Session, CancellationToken, Task<T>> run) : IWork
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Task => _done.Task;

        public Exception? Error { get; private set; }

        public async Task<bool> TryRunAsync(Session session, CancellationToken cancellationToken)
        {
            try
            {
                _result = await run(session, cancellationToken);
                return true;
            }
            catch (Exception exception)
            {
                Error = exception;
                return false;
            }
        }

        public void Complete() => _done.TrySetResult(_result!);

        public void Fail(Exception exception) => _done.TrySetException(exception);
    }
}

/// <summary>The database failed; nothing of the work may be relied on.</summary>
public sealed class StorageException(string message, Exception inner) : Exception(message, inner);
