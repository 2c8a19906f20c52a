using System.Net.Sockets;

namespace Grpc.Net.Client.Balancer;

/// <summary>Tries the addresses of a subchannel, round after round, until one is connected or nobody wants it any more.</summary>
internal sealed class Dialing(Subchannel subchannel, ConnectionManager manager, IReadOnlyList<BalancerAddress> addresses, bool afterPause)
    : IThreadPoolWorkItem
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();

    // Guarded by _lock; null while there is no pause.
    private TaskCompletionSource? _hurry;

    /// <summary>Begins, on another thread and in nobody's execution context.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    public void Execute() => _ = RunAsync(_stop.Token);

    /// <summary>Ends it; nothing it does from now on changes the subchannel.</summary>
    public void Stop() => _stop.Cancel();

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
        var pauses = manager.Pauses.Create();
        var fresh = afterPause;
        try
        {
            while (fresh || !await TryAllAsync(cancellationToken))
            {
                fresh = false;
                if (await PauseAsync(pauses.NextBackoff(), cancellationToken))
                {
                    pauses = manager.Pauses.Create();
                }

                if (!subchannel.Retry(this))
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
        foreach (var address in addresses)
        {
            try
            {
                await manager.Connections.PrepareAsync(address.EndPoint, fresh: afterPause, cancellationToken);
                subchannel.Connected(this, address);
                return true;
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                first ??= e;
            }
        }

        subchannel.Unreachable(this, first);
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
        var slept = Task.Delay(pause, manager.Clock, woken.Token);
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
