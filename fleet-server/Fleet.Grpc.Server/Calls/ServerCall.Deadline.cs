using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The deadline of a call: at it the client is answered, whatever the service does.</summary>
internal sealed partial class ServerCall
{
    private void StartDeadline(TimeSpan timeout)
    {
        var now = _settings.Clock.GetUtcNow().UtcDateTime;
        _deadline = timeout > DateTime.MaxValue - now ? DateTime.MaxValue : now + timeout;
        _cancellation = new CancellationTokenSource();
        _abortRegistration = Http.RequestAborted.UnsafeRegister(static c => ((CancellationTokenSource)c!).Cancel(), _cancellation);
        if (_deadline != DateTime.MaxValue)
        {
            _deadlineTimer = _settings.Clock.CreateTimer(
                static c => ((ServerCall)c!).OnDeadline(), this, Bounded(timeout), Timeout.InfiniteTimeSpan);
        }
    }

    // Timers take at most 49 days; a call that lasts longer than this has no deadline worth the name.
    private static TimeSpan Bounded(TimeSpan timeout) => timeout < TimeSpan.FromDays(49) ? timeout : TimeSpan.FromDays(49);

    private void OnDeadline()
    {
        lock (_lock)
        {
            if (_isEnding || _earlyEnd is not null)
            {
                return;
            }

            DeadlinePassed = true;
            _earlyEnd = Task.Run(EndAtDeadlineAsync, CancellationToken.None);
        }

        _cancellation!.Cancel();
    }

    // The service may go on for a while; the client is told now.
    private async Task EndAtDeadlineAsync()
    {
        var failure = new RpcException(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
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
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
        }
    }
}
