using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>One call of a client, whatever its messages: begins, is cancelled, and ends once with a status. The HTTP exchange is in the other half.</summary>
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

    private CancellationTokenRegistration _callerRegistration;
    private ITimer? _deadlineTimer;
    private bool _deadlinePassed;

    // The caller's token that ended the call: of the call, or of a read or write.
    private CancellationToken _cancelledBy;
    private bool _isFinished;

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

    public override Task<Metadata> Headers()
    {
        lock (_lock)
        {
            if (_headers is null)
            {
                _headers = new TaskCompletionSource<Metadata>(TaskCreationOptions.RunContinuationsAsynchronously);
                TellHeadersLocked();
            }

            return _headers.Task;
        }
    }

    // Once the call has finished its status never changes.
    public override Status Status() => IsFinished
        ? _status
        : throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public override Metadata Trailers()
    {
        lock (_lock)
        {
            return !_isFinished
                ? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.")
                : _trailers ??= ReadTrailersLocked();
        }
    }

    /// <summary>Cancels the call if it is under way.</summary>
    public override void Dispose()
    {
        if (!IsFinished)
        {
            Finish(new Status(StatusCode.Cancelled, "gRPC call disposed."), cancel: true);
        }
    }

    /// <summary>The status as an exception.</summary>
    protected Exception Failure()
    {
        var status = Status();
        return _channel.ThrowsOperationCanceled && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded && _cancellation.IsCancellationRequested
            ? new OperationCanceledException(
                status.Detail, new RpcException(status, Trailers()), _cancelledBy.IsCancellationRequested ? _cancelledBy : _cancellation.Token)
            : new RpcException(status, Trailers());
    }

    protected void Begin()
    {
        _channel.ThrowIfDisposed();
        _channel.Track(this);
        if (_options.CancellationToken.CanBeCanceled)
        {
            _callerRegistration = _options.CancellationToken.UnsafeRegister(
                static (c, token) => ((HttpCall)c!).CancelBy(token), this);
        }

        if (_options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            StartDeadline(Utc(deadline) - _channel.Clock.GetUtcNow().UtcDateTime);
        }
    }

    private static DateTime Utc(DateTime deadline) => deadline.Kind == DateTimeKind.Utc || deadline == DateTime.MinValue
        ? deadline
        : throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");

    private void StartDeadline(TimeSpan left)
    {
        if (left <= TimeSpan.Zero)
        {
            OnDeadline();
            return;
        }

        _deadlineTimer = _channel.Clock.CreateTimer(
            static c => ((HttpCall)c!).OnDeadline(),
            this,
            left < TimeSpan.FromDays(49) ? left : TimeSpan.FromDays(49),
            Timeout.InfiniteTimeSpan);
    }

    private void OnDeadline()
    {
        _deadlinePassed = true;
        Cancel(new Status(StatusCode.DeadlineExceeded, string.Empty));
    }

    private void Cancel(Status status) => Finish(status, cancel: true);

    protected void CancelBy(CancellationToken token)
    {
        _cancelledBy = token;
        Cancel(new Status(StatusCode.Cancelled, "Call canceled by the client."));
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
        _propagation?.Dispose();
        return true;
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

    private void TellHeadersLocked()
    {
        if (_headers is null)
        {
            return;
        }

        if (_response is not null)
        {
            _headers.TrySetResult(ResponseStatus.ReadMetadata(_response.Headers));
        }
        else if (_isFinished)
        {
            _headers.TrySetException(new RpcException(_status, _trailers ?? Metadata.Empty));
            _ = _headers.Task.Exception;
        }
    }

    // Of a response that told its outcome in the headers the headers are the trailers.
    private Metadata ReadTrailersLocked()
    {
        if (_response is null)
        {
            return Metadata.Empty;
        }

        return _response.Headers.Contains("grpc-status") || _response.StatusCode != System.Net.HttpStatusCode.OK
            ? ResponseStatus.ReadMetadata(_response.Headers)
            : ResponseStatus.ReadMetadata(_response.TrailingHeaders);
    }

    protected Status StatusOf(Exception failure) => failure switch
    {
        RpcException rpc => rpc.Status,
        OperationCanceledException when _deadlinePassed => new Status(StatusCode.DeadlineExceeded, string.Empty, failure),
        OperationCanceledException => new Status(StatusCode.Cancelled, "Call canceled by the client.", failure),
        _ => ResponseStatus.FromException(failure),
    };
}
