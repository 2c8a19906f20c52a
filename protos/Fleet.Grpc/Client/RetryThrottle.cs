using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Internal;

/// <summary>The bucket of tokens that stops retries of a whole channel while too many calls fail.</summary>
internal sealed class RetryThrottle
{
    private readonly Lock _lock = new();
    private readonly double _most;
    private readonly double _ratio;

    // Guarded by _lock.
    private double _tokens;

    private RetryThrottle(double most, double ratio)
    {
        _most = most;
        _ratio = ratio;
        _tokens = most;
    }

    public bool AllowsRetry
    {
        get
        {
            lock (_lock)
            {
                return _tokens > _most / 2;
            }
        }
    }

    public static RetryThrottle? Of(RetryThrottlingPolicy? policy)
    {
        if (policy is null)
        {
            return null;
        }

        return policy is { MaxTokens: >= 1 and <= 1000, TokenRatio: > 0 }
            ? new RetryThrottle(policy.MaxTokens.Value, policy.TokenRatio.Value)
            : throw new InvalidOperationException("RetryThrottlingPolicy: MaxTokens is 1-1000 and TokenRatio above 0.");
    }

    public void Failed()
    {
        lock (_lock)
        {
            _tokens = Math.Max(0, _tokens - 1);
        }
    }

    public void Succeeded()
    {
        lock (_lock)
        {
            _tokens = Math.Min(_most, _tokens + _ratio);
        }
    }
}
