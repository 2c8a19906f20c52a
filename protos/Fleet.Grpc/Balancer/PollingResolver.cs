using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancer;

/// <summary>Tells how long to wait after each failure.</summary>
public interface IBackoffPolicy
{
    /// <summary>The next pause.</summary>
    TimeSpan NextBackoff();
}

/// <summary>Starts a row of pauses.</summary>
public interface IBackoffPolicyFactory
{
    /// <summary>A row that starts with its first pause.</summary>
    IBackoffPolicy Create();
}

/// <summary>A resolver that asks: at the start, when a connection failed, and again after a pause as long as there is no answer.</summary>
public abstract class PollingResolver : Resolver
{
    private readonly ILogger _logger;
    private readonly IBackoffPolicyFactory? _pauses;
    private readonly CancellationTokenSource _stop = new();
    private Action<ResolverResult>? _listener;
    private int _running;

    // Read and written by the one run of PollAsync.
    private bool _lastFailed;

    /// <summary>Does not ask again by itself after a failure.</summary>
    protected PollingResolver(ILoggerFactory loggerFactory)
        : this(loggerFactory, null)
    {
    }

    /// <summary>Asks again after the pauses of <paramref name="backoffPolicyFactory"/>.</summary>
    protected PollingResolver(ILoggerFactory loggerFactory, IBackoffPolicyFactory? backoffPolicyFactory)
    {
        ArgumentNullException.ThrowIfNull(loggerFactory);
        _logger = loggerFactory.CreateLogger<PollingResolver>();
        _pauses = backoffPolicyFactory;
    }

    /// <summary>Hears of each result; set from <see cref="OnStarted"/> on.</summary>
    protected Action<ResolverResult> Listener => _listener ?? throw new InvalidOperationException("The resolver was not started.");

    /// <inheritdoc/>
    public sealed override void Start(Action<ResolverResult> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        _listener = result =>
        {
            _lastFailed = result.Addresses is null;
            listener(result);
        };
        if (ExecutionContext.IsFlowSuppressed())
        {
            OnStarted();
            return;
        }

        // Timers of the resolver belong to the channel, not to the call that happened to be its first.
        using (ExecutionContext.SuppressFlow())
        {
            OnStarted();
        }
    }

    /// <inheritdoc/>
    public sealed override void Refresh()
    {
        _ = Listener;
        if (!_stop.IsCancellationRequested && Interlocked.Exchange(ref _running, 1) == 0)
        {
            // Not on the thread of the caller, who may hold a lock or a call up, and not in his context.
            ThreadPool.UnsafeQueueUserWorkItem(static r => _ = r.PollAsync(r._stop.Token), this, preferLocal: false);
        }
    }

    /// <summary>The resolver was started; it is asked next.</summary>
    protected virtual void OnStarted()
    {
    }

    /// <summary>Asks once and tells <see cref="Listener"/>. Never runs twice at a time.</summary>
    protected abstract Task ResolveAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _stop.Cancel();
        base.Dispose(disposing);
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        var pauses = _pauses?.Create();
        try
        {
            while (!await TryResolveAsync(cancellationToken) && pauses is not null)
            {
                await Task.Delay(pauses.NextBackoff(), TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The channel was disposed.
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private async Task<bool> TryResolveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ResolveAsync(cancellationToken);
            return !_lastFailed;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ResolverLog.Failed(_logger, e, GetType().Name);
            Listener(ResolverResult.ForFailure(new Status(StatusCode.Unavailable, $"Error refreshing resolver: {e.Message}", e)));
            return false;
        }
    }
}

/// <summary>What resolvers tell the log; events 4150-4159.</summary>
internal static partial class ResolverLog
{
    [LoggerMessage(4150, LogLevel.Warning, "{Resolver} found no addresses")]
    public static partial void Failed(ILogger logger, Exception exception, string resolver);
}
