namespace Grpc.Net.Client.Internal;

/// <summary>Sends a call again and again without waiting for a failure; the first attempt that does not fail wins, the others are cancelled.</summary>
internal sealed class Hedging(GrpcChannel channel, RetryRules rules, Func<int, CancellationToken, Task<AttemptResult>> send)
{
    private readonly Dictionary<Task<AttemptResult>, CancellationTokenSource> _running = [];
    private int _sent;
    private bool _stopped;

    public async Task<AttemptResult> RunAsync(CancellationToken cancellationToken)
    {
        using var pauses = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await RaceAsync(pauses.Token, cancellationToken);
        }
        finally
        {
            await pauses.CancelAsync();
            await CancelRestAsync();
        }
    }

    private async Task<AttemptResult> RaceAsync(CancellationToken pauses, CancellationToken cancellationToken)
    {
        Send(cancellationToken);
        var pause = rules.HedgingDelay;
        AttemptResult last = default;
        while (true)
        {
            // Throttling may begin at any time, even while a push-back is waited for.
            var next = MaySend ? Task.Delay(pause, channel.Clock, pauses) : null;
            if (next is null && _running.Count == 0)
            {
                return last;
            }

            var first = await Task.WhenAny(next is null ? _running.Keys : [next, .. _running.Keys]);
            cancellationToken.ThrowIfCancellationRequested();
            if (first is not Task<AttemptResult> attempt)
            {
                if (MaySend)
                {
                    Send(cancellationToken);
                }

                pause = rules.HedgingDelay;
                continue;
            }

            var result = await attempt;
            last.Response?.Dispose();
            if (!result.Failed || result.IsFinal || !rules.Allows(result.Status!.Value.StatusCode))
            {
                // Its messages are still to be read: its source must outlive this race.
                _running.Remove(attempt);
                return result;
            }

            pause = Forget(attempt, result);
            last = result;
        }
    }

    private bool MaySend => !_stopped && _sent < rules.MaxAttempts && channel.Throttle is not { AllowsRetry: false };

    private void Send(CancellationToken cancellationToken)
    {
        var own = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _running.Add(send(++_sent, own.Token), own);
    }

    // A failure that is not fatal: the next attempt goes at once, or after the server's push-back. The others go on meanwhile.
    private TimeSpan Forget(Task<AttemptResult> attempt, AttemptResult result)
    {
        channel.Throttle?.Failed();
        _running.Remove(attempt, out var own);
        own?.Dispose();
        var pushBack = RetryRules.PushBack(result.Response);
        _stopped |= pushBack < TimeSpan.Zero;
        return pushBack ?? TimeSpan.Zero;
    }

    private async Task CancelRestAsync()
    {
        foreach (var (attempt, own) in _running)
        {
            await own.CancelAsync();
            _ = ForgetAsync(attempt, own);
        }
    }

    private static async Task ForgetAsync(Task<AttemptResult> attempt, CancellationTokenSource own)
    {
        try
        {
            (await attempt).Response?.Dispose();
        }
        catch (Exception)
        {
            // It lost the race: how it ended is nobody's business.
        }

        own.Dispose();
    }
}
