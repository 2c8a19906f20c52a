using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>
/// Carries the batches of a request stream to the HTTP request, once it has been opened. While attempts may still be repeated it keeps
/// what was sent, up to a bound; a new attempt first gets everything that went before.
/// </summary>
internal sealed class RequestTarget(long keepAtMost, RetryBudget budget) : IBatchTarget, IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _lock.
    private List<byte[]>? _kept = keepAtMost > 0 ? [] : null;
    private long _keptBytes;
    private Stream? _stream;
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>False once something was sent that is not kept: the call cannot be repeated.</summary>
    public bool CanRepeat
    {
        get
        {
            lock (_lock)
            {
                return _kept is not null;
            }
        }
    }

    /// <summary>Forgets what was kept: there will be no further attempt.</summary>
    public void Commit()
    {
        lock (_lock)
        {
            ForgetLocked();
        }
    }

    /// <summary>The body of one attempt: everything so far, then what follows, to the end of the request stream.</summary>
    public async Task WriteBodyAsync(Stream stream, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            byte[][] before;
            lock (_lock)
            {
                before = _kept?.ToArray() ?? [];
            }

            foreach (var batch in before)
            {
                await stream.WriteAsync(batch, cancellationToken);
            }

            // Even without a message: the server is to see the headers now.
            await stream.FlushAsync(cancellationToken);
            lock (_lock)
            {
                _stream = stream;
                _opened.TrySetResult();
            }
        }
        finally
        {
            _writing.Release();
        }

        await _completed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The attempt failed: batches wait for the next one.</summary>
    public void Detach()
    {
        lock (_lock)
        {
            _stream = null;
            if (_opened.Task.IsCompleted)
            {
                _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public void Complete() => _completed.TrySetResult();

    public void Dispose() => _writing.Dispose();

    public async ValueTask SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Current() is null)
            {
                await Opened().WaitAsync(cancellationToken);
            }

            await _writing.WaitAsync(cancellationToken);
            try
            {
                if (Current() is not { } stream)
                {
                    continue;
                }

                Keep(batch);
                await stream.WriteAsync(batch, cancellationToken);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException && CanRepeat)
            {
                // The next attempt sends it from what was kept.
                return;
            }
            finally
            {
                _writing.Release();
            }
        }
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (Current() is { } stream)
            {
                await stream.FlushAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException && CanRepeat)
        {
            // The next attempt sends it from what was kept.
        }
        finally
        {
            _writing.Release();
        }
    }

    private Task Opened()
    {
        lock (_lock)
        {
            return _opened.Task;
        }
    }

    private Stream? Current()
    {
        lock (_lock)
        {
            return _stream;
        }
    }

    private void Keep(ReadOnlyMemory<byte> batch)
    {
        lock (_lock)
        {
            if (_kept is null)
            {
                return;
            }

            if (_keptBytes + batch.Length > keepAtMost || !budget.TryTake(batch.Length))
            {
                ForgetLocked();
                return;
            }

            _keptBytes += batch.Length;
            _kept.Add(batch.ToArray());
        }
    }

    private void ForgetLocked()
    {
        _kept = null;
        budget.Give(_keptBytes);
        _keptBytes = 0;
    }
}
