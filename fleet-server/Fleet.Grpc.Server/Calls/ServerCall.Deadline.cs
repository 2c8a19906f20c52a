using Grpc.Core;
using Grpc.Core.Internal;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The deadline of a call: at it the client is answered, whatever the service does.</summary>
internal sealed partial class ServerCall
{
    private static readonly Status AtDeadline = new(StatusCode.DeadlineExceeded, "Deadline Exceeded");

    private void StartDeadline(TimeSpan timeout)
    {
        var now = _settings.Clock.GetUtcNow().UtcDateTime;
        _deadline = timeout > DateTime.MaxValue - now ? DateTime.MaxValue : now + timeout;
        _cancellation = new CancellationTokenSource();
        _abortRegistration = Http.RequestAborted.UnsafeRegister(static c => ((CancellationTokenSource)c!).Cancel(), _cancellation);
        if (_deadline != DateTime.MaxValue)
        {
            _deadlineTimer = _settings.Clock.CreateTimer(
                static c => ((ServerCall)c!).OnTimer(), this, LongTimer.Due(timeout), Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        // A timer reaches less far than a deadline may, and may be a little early.
        var left = _deadline - _settings.Clock.GetUtcNow().UtcDateTime;
        if (left > TimeSpan.Zero)
        {
            _deadlineTimer?.Change(LongTimer.Due(left), Timeout.InfiniteTimeSpan);
            return;
        }

        OnDeadline();
    }

    private void OnDeadline()
    {
        lock (_lock)
        {
            if (_isEnding || _earlyEnd is not null)
            {
                return;
            }

            DeadlinePassed = true;
            _status = AtDeadline;
            _earlyEnd = Task.Run(EndAtDeadlineAsync, CancellationToken.None);
        }

        _cancellation!.Cancel();
    }

    // The service may go on for a while; the client is told now.
    private async Task EndAtDeadlineAsync()
    {
        var failure = new RpcException(AtDeadline);
        try
        {
            GrpcServerLog.DeadlinePassed(_settings.Logger, _method.FullName);
            TagOutcome(failure.Status);
            Input?.CancelPendingRead();
            if (Output is not null)
            {
                Output.Abort(failure);
                await Output.QuietAsync();
            }

            await Wire.EndAsync(this, failure.Status);
            await Http.Response.CompleteAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            GrpcServerLog.ClientLeft(_settings.Logger, _method.FullName);
            Http.Abort();
        }
    }

    private void ThrowIfEnded()
    {
        if (DeadlinePassed)
        {
            throw new RpcException(AtDeadline);
        }
    }
}
