using System.Net.Sockets;

namespace Grpc.Net.Client.Balancer;

/// <summary>Tries the addresses of a subchannel, round after round, until one is connected or nobody wants it any more.</summary>
internal sealed class Dialing : IThreadPoolWorkItem, IDisposable
{
    private readonly Subchannel _subchannel;
    private readonly ConnectionManager _manager;
    private readonly bool _afterPause;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private readonly Lock _lock = new();

    // Guarded by _lock; null while there is no pause.
    private TaskCompletionSource? _hurry;

    /// <param name="subchannel">Says what to try, in this order, and hears how it goes.</param>
    /// <param name="manager">The channel.</param>
    /// <param name="afterPause">A connection was refused just now: pauses first, and none that stands will do.</param>
    public Dialing(Subchannel subchannel, ConnectionManager manager, bool afterPause)
    {
        _subchannel = subchannel;
        _manager = manager;
        _afterPause = afterPause;
        _stopped = _stop.Token;
    }

    /// <summary>Begins, on another thread and in nobody's execution context.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Execute() => _ = RunAsync(_stopped);

    /// <summary>Ends it; nothing it does from now on changes the subchannel.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Ends the pause it is in.</summary>
    public void Hurry()
    {
        lock (_lock)
        {
            _hurry?.TrySetResult();
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var pauses = _manager.Pauses.Create();
        var fresh = _afterPause;
        try
        {
            while (fresh || !await TryAllAsync(cancellationToken))
            {
                fresh = false;
                if (await PauseAsync(pauses.NextBackoff(), cancellationToken))
                {
                    pauses = _manager.Pauses.Create();
                }

                if (!_subchannel.Retry(this))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task<bool> TryAllAsync(CancellationToken cancellationToken)
    {
        Exception? first = null;
        foreach (var address in _subchannel.Candidates())
        {
            try
            {
                await _manager.Connections.PrepareAsync(address.EndPoint, fresh: _afterPause, cancellationToken);
                _subchannel.Connected(this, address);
                return true;
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                first ??= e;
            }
        }

        _subchannel.Unreachable(this, first);
        return false;
    }

    /// <summary>True if somebody was in a hurry.</summary>
    private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        TaskCompletionSource hurry;
        lock (_lock)
        {
            hurry = _hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var slept = Task.Delay(pause, _manager.Clock, woken.Token);
        var hurried = await Task.WhenAny(slept, hurry.Task) == hurry.Task;
        lock (_lock)
        {
            _hurry = null;
        }

        await woken.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return hurried;
    }
}
