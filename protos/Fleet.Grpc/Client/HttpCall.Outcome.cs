using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>What a call came to: headers, status, trailers, and what went wrong as an exception.</summary>
internal abstract partial class HttpCall
{
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
            return HasTrailersLocked
                ? _trailers ??= ReadTrailersLocked()
                : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");
        }
    }

    /// <summary>The status as an exception.</summary>
    protected Exception Failure()
    {
        var status = Status();
        Metadata trailers;
        lock (_lock)
        {
            trailers = HasTrailersLocked ? _trailers ??= ReadTrailersLocked() : Metadata.Empty;
        }

        var failure = new RpcException(status, trailers);
        return _channel.ThrowsOperationCanceled && IsCancellation(status.StatusCode)
            ? new OperationCanceledException(status.Detail, failure, _cancelledBy.IsCancellationRequested ? _cancelledBy : _cancellation.Token)
            : failure;
    }

    // A server that ends a call at its deadline is as good as the client's own timer, whichever comes first.
    private bool IsCancellation(StatusCode code) => code switch
    {
        StatusCode.DeadlineExceeded => true,
        StatusCode.Cancelled => _cancellation.IsCancellationRequested || _method.Type is MethodType.ServerStreaming or MethodType.DuplexStreaming,
        _ => false,
    };

    private void TellHeadersLocked()
    {
        if (_headers is null)
        {
            return;
        }

        if (_response is not null)
        {
            var headers = ResponseStatus.ReadMetadata(_response.Headers);
            if (_earlierAttempts > 0)
            {
                headers.Add(PreviousAttempts, $"{_earlierAttempts}");
            }

            _headers.TrySetResult(headers);
        }
        else if (_isFinished)
        {
            _headers.TrySetException(Failure());
            _ = _headers.Task.Exception;
        }
    }

    private bool HasTrailersLocked => _isFinished && !_wasCutOff && _response is not null;

    // Of a response that told its outcome in the headers the headers are the trailers.
    private Metadata ReadTrailersLocked() => ResponseStatus.ReadMetadata(
        _response!.Headers.Contains("grpc-status") ? _response.Headers : _response.TrailingHeaders);

    protected Status StatusOf(Exception failure) => failure switch
    {
        RpcException rpc => rpc.Status,
        OperationCanceledException when _deadlinePassed => new Status(StatusCode.DeadlineExceeded, string.Empty, failure),
        OperationCanceledException => new Status(StatusCode.Cancelled, string.Empty, failure),
        _ => AtDeadline(ResponseStatus.FromException(failure)),
    };

    private bool IsLate => _options.Deadline is { } deadline && deadline <= _channel.Clock.GetUtcNow().UtcDateTime;

    // A server that resets the call at its deadline may be ahead of the timer here.
    private Status AtDeadline(in Status status) =>
        status.StatusCode == StatusCode.Cancelled && IsLate
            ? new Status(StatusCode.DeadlineExceeded, status.Detail, status.DebugException)
            : status;
}
