using Grpc.Core;

namespace Grpc.Net.Client.Internal;

/// <summary>What one attempt of a call came to. Small, as it goes from hand to hand in each call.</summary>
/// <param name="response">The response, null if there was none.</param>
/// <param name="status">The outcome if it is known before the messages; null = messages follow.</param>
internal readonly struct AttemptResult(HttpResponseMessage? response, in Status? status)
{
    // Most often messages follow, and there is none.
    private readonly object? _status = status;

    /// <summary>The response, null if there was none.</summary>
    public HttpResponseMessage? Response => response;

    /// <summary>The outcome if it is known before the messages; null = messages follow.</summary>
    public Status? Status => (Status?)_status;

    /// <summary>True if nothing may follow: the balancer dropped the call.</summary>
    public bool IsFinal { get; init; }

    /// <summary>Attempts before this one.</summary>
    public int Earlier { get; init; }

    public bool Failed => Status is { StatusCode: not StatusCode.OK };
}

/// <summary>Sends a call, again if its rules say so. The one place where attempts follow each other.</summary>
/// <param name="send">Makes one attempt, numbered from 1.</param>
/// <param name="canRepeat">False once the request cannot be sent again.</param>
/// <param name="detach">Ends the hold of the failed attempt on the request.</param>
internal sealed class Attempts(
    GrpcChannel channel, RetryRules rules, Func<int, CancellationToken, Task<AttemptResult>> send, Func<bool> canRepeat, Action detach)
{
    // Upper bound of the next pause; after a push-back it grows from there.
    private TimeSpan _bound = rules.InitialBackoff;

    public Task<AttemptResult> RunAsync(CancellationToken cancellationToken) => rules.IsHedging
        ? new Hedging(channel, rules, send).RunAsync(cancellationToken)
        : RepeatAsync(cancellationToken);

    private async Task<AttemptResult> RepeatAsync(CancellationToken cancellationToken)
    {
        var attempt = 1;
        while (true)
        {
            var result = await send(attempt, cancellationToken);
            if (PauseBefore(attempt + 1, result) is not { } pause)
            {
                return result;
            }

            detach();
            result.Response?.Dispose();
            attempt++;
            await Task.Delay(pause, channel.Clock, cancellationToken);
        }
    }

    // Null = the result stands.
    private TimeSpan? PauseBefore(int next, AttemptResult result)
    {
        if (!result.Failed)
        {
            return null;
        }

        var pushBack = RetryRules.PushBack(result.Response);
        var retryable = rules.Allows(result.Status!.Value.StatusCode);
        if (retryable || pushBack < TimeSpan.Zero)
        {
            channel.Throttle?.Failed();
        }

        // A server that says when wants another attempt, whatever the code.
        if (result.IsFinal || !(retryable || pushBack is not null) || pushBack < TimeSpan.Zero
            || next > rules.MaxAttempts || !canRepeat() || channel.Throttle is { AllowsRetry: false })
        {
            return null;
        }

        var pause = pushBack ?? _bound * Random.Shared.NextDouble();
        _bound = rules.Grow(pushBack ?? _bound);
        return pause;
    }
}
