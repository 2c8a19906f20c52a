using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.Net.Client.Internal;

/// <summary>One call of a client, whatever its messages: begins, is cancelled, and ends once with a status. What it came to, its request and the exchange are in the other parts.</summary>
internal abstract partial class HttpCall : TrackedCall
{
    // A source whose token nobody else has seen serves the next call of the thread.
    [ThreadStatic]
    private static CancellationTokenSource? _spare;

    private readonly GrpcChannel _channel;
    private readonly IMethod _method;
    private readonly MethodInfo _info;
    private readonly CallOptions _options;
    private readonly string? _host;
    private readonly CancellationTokenSource _cancellation;
    private readonly Lock _lock = new();
    private readonly IDisposable? _propagation;

    // Guarded by _lock.
    private Status _status;
    private Metadata? _trailers;
    private TaskCompletionSource<Metadata>? _headers;
    private HttpResponseMessage? _response;

    private CallSpan? _span;
    private int _earlierAttempts;

    private CancellationTokenRegistration _callerRegistration;
    private ITimer? _deadlineTimer;
    private bool _deadlinePassed;
    private bool _isCounted;

    // A single request that is kept for repeating counts against the budget of the channel.
    private long _heldBytes;
    private bool _canRepeat = true;

    // The caller's token that ended the call: of the call, or of a read or write.
    private CancellationToken _cancelledBy;
    private bool _isFinished;

    // Cancelled, or broken while the response was read: no trailers will come.
    private bool _wasCutOff;

    protected HttpCall(GrpcChannel channel, IMethod method, string? host, in CallOptions options)
    {
        _channel = channel;
        _method = method;
        _host = host;
        _info = channel.Methods.Find(method);
        _options = options.PropagationToken is null ? options : options.PropagationToken.Apply(options, out _propagation);
        _cancellation = _spare ?? new CancellationTokenSource();
        _spare = null;
    }

    protected GrpcChannel Channel => _channel;

    protected ref readonly CallOptions Options => ref _options;

    protected MethodInfo Info => _info;

    /// <summary>Ends with the call.</summary>
    protected CancellationToken Ends => _cancellation.Token;

    protected bool IsFinished => Volatile.Read(ref _isFinished);

    protected bool IsDisposed { get; private set; }

    /// <summary>Cancels the call if it is under way.</summary>
    public override void Dispose()
    {
        IsDisposed = true;
        if (!IsFinished)
        {
            Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."), cancel: true);
        }
    }

    protected void Begin()
    {
        _channel.ThrowIfDisposed();
        if (_options.Deadline is { } given)
        {
            ThrowIfNoUtc(given);
        }

        _channel.Track(this);
        if (CallEvents.Client.IsEnabled())
        {
            _isCounted = true;
            CallEvents.Client.CallStart(_method.FullName);
        }

        if (_options.CancellationToken.CanBeCanceled)
        {
            _callerRegistration = _options.CancellationToken.UnsafeRegister(
                static (c, token) => ((HttpCall)c!).CancelBy(token), this);
        }

        if (_options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            StartDeadline(deadline - _channel.Clock.GetUtcNow().UtcDateTime);
        }
    }

    private static void ThrowIfNoUtc(DateTime deadline)
    {
        if (deadline.Kind != DateTimeKind.Utc && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }
    }

    private void StartDeadline(TimeSpan left)
    {
        if (left <= TimeSpan.Zero)
        {
            OnDeadline();
            return;
        }

        _deadlineTimer = _channel.Clock.CreateTimer(static c => ((HttpCall)c!).OnTimer(), this, LongTimer.Due(left), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        // A timer reaches less far than a deadline may, and may be a little early.
        var left = _options.Deadline!.Value - _channel.Clock.GetUtcNow().UtcDateTime;
        if (left > TimeSpan.Zero)
        {
            _deadlineTimer?.Change(LongTimer.Due(left), Timeout.InfiniteTimeSpan);
            return;
        }

        OnDeadline();
    }

    private void OnDeadline()
    {
        _deadlinePassed = true;
        Finish(new Status(StatusCode.DeadlineExceeded, string.Empty), cancel: true);
    }

    protected void CancelBy(CancellationToken token)
    {
        _cancelledBy = token;
        Finish(new Status(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(token)), cancel: true);
    }

    /// <summary>Keeps a request of <paramref name="bytes"/> for repeating, if there is room for it.</summary>
    protected void Hold(long bytes)
    {
        _canRepeat = bytes <= _channel.MaxRetryBufferPerCall && _channel.RetryBudget.TryTake(bytes);
        Volatile.Write(ref _heldBytes, _canRepeat ? bytes : 0);
        if (IsFinished)
        {
            Commit();
        }
    }

    /// <summary>There will be no further attempt: what was kept for one is forgotten.</summary>
    protected void Commit()
    {
        Target?.Commit();
        if (_heldBytes != 0)
        {
            _channel.RetryBudget.Give(Interlocked.Exchange(ref _heldBytes, 0));
        }
    }

    /// <summary>Ends the call; the first outcome stands.</summary>
    /// <returns>True if it was this one.</returns>
    protected bool Finish(in Status status, bool cancel)
    {
        lock (_lock)
        {
            if (_isFinished)
            {
                return false;
            }

            _status = status;
            _wasCutOff = cancel;
            Volatile.Write(ref _isFinished, true);
            TellHeadersLocked();
        }

        _channel.Untrack(this);
        _callerRegistration.Unregister();
        _deadlineTimer?.Dispose();
        if (cancel)
        {
            _cancellation.Cancel();

            // Nobody may be reading: only this tells the server that nobody will.
            _response?.Dispose();
        }

        CloseRequests(status);
        Commit();
        _propagation?.Dispose();
        Tell(status);
        return true;
    }

    // Whoever counts, traces or throttles.
    private void Tell(in Status status)
    {
        if (_info.Retry is not null && status.StatusCode == StatusCode.OK)
        {
            _channel.Throttle?.Succeeded();
        }

        _span?.Stop(status, _response);
        if (_isCounted)
        {
            CallEvents.Client.CallEnd(status.StatusCode, status.StatusCode == StatusCode.DeadlineExceeded && (_deadlinePassed || IsLate));
        }
    }

    /// <summary>Nothing follows and nobody cancels any more: what the call borrowed is given back.</summary>
    protected void GiveBack()
    {
        if (_channel.KeepsNoTokens && !_showedToken && _cancellation.TryReset())
        {
            _spare = _cancellation;
        }
    }

    /// <summary>Ends the stream of requests, if there is one.</summary>
    protected abstract void CloseRequests(in Status status);
}
