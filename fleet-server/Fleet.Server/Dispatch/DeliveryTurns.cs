using Fleet.Contracts;

namespace Fleet.Server.Dispatch;

/// <summary>Why something may have to be delivered.</summary>
public enum Occasion
{
    /// <summary>A row changed: only what is new goes out.</summary>
    Change,

    /// <summary>The agent said hello: what it has not answered goes out again.</summary>
    Hello,
}

/// <summary>
/// One delivery at a time for each terminal, many terminals at the same time. An occasion that comes while a delivery runs makes it run once
/// more; occasions never pile up.
/// </summary>
public sealed class DeliveryTurns(CommandDelivery delivery, ConnectedAgents agents, TimeProvider clock, ILogger<DeliveryTurns> logger) : IAsyncDisposable
{
    private const int AtTheSameTime = 32;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<TerminalId, Occasion?> _running = [];
    private readonly HashSet<Task> _tasks = [];
    private readonly SemaphoreSlim _gate = new(AtTheSameTime);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Asks for a delivery to an agent, if it is ready.</summary>
    public void Request(TerminalId terminal, Occasion occasion)
    {
        if (!agents.IsReady(terminal))
        {
            return;
        }

        lock (_lock)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            if (_running.TryGetValue(terminal, out var next))
            {
                _running[terminal] = next == Occasion.Hello ? next : occasion;
                return;
            }

            _running[terminal] = null;
            var task = Task.Run(() => RunAsync(terminal, occasion, _stop.Token), _stop.Token);
            _tasks.Add(task);
            _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Ends the deliveries that run.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_lock)
        {
            running = [.. _tasks];
        }

        await _stop.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _gate.Dispose();
    }

    private async Task RunAsync(TerminalId terminal, Occasion occasion, CancellationToken cancellationToken)
    {
        Occasion? next = occasion;
        while (next is { } now)
        {
            var failed = !await TryDeliverAsync(terminal, now, cancellationToken);
            if (failed)
            {
                await Task.Delay(RetryDelay, clock, cancellationToken);
            }

            lock (_lock)
            {
                // What failed may have been marked as sent before: like after a hello, everything unanswered goes out again.
                next = failed && agents.IsReady(terminal) ? Occasion.Hello : _running[terminal];
                if (next is null)
                {
                    _running.Remove(terminal);
                }
                else
                {
                    _running[terminal] = null;
                }
            }
        }
    }

    private async Task<bool> TryDeliverAsync(TerminalId terminal, Occasion occasion, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            await delivery.DeliverAsync(terminal, occasion, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            DispatchLog.DeliveryFailed(logger, exception, terminal);
            return false;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _tasks.Remove(task);
        }
    }
}
