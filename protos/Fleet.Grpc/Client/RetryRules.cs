using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace Grpc.Net.Client.Internal;

/// <summary>When a failed attempt is followed by another, and after which pause (gRFC A6).</summary>
internal sealed class RetryRules
{
    private const string PushBackName = "grpc-retry-pushback-ms";

    private readonly HashSet<StatusCode> _codes;

    private RetryRules(int maxAttempts, IEnumerable<StatusCode> codes)
    {
        MaxAttempts = maxAttempts;
        _codes = [.. codes];
    }

    public int MaxAttempts { get; }

    public bool IsHedging { get; private init; }

    public TimeSpan HedgingDelay { get; private init; }

    public TimeSpan InitialBackoff { get; private init; }

    private TimeSpan MaxBackoff { get; init; }

    private double Multiplier { get; init; }

    public static RetryRules? Of(MethodConfig? config, int? maxAttempts)
    {
        if (config?.RetryPolicy is { } retry)
        {
            return new RetryRules(AttemptsOf(retry.MaxAttempts, maxAttempts, "RetryPolicy.MaxAttempts"), retry.RetryableStatusCodes)
            {
                InitialBackoff = Positive(retry.InitialBackoff, "RetryPolicy.InitialBackoff"),
                MaxBackoff = Positive(retry.MaxBackoff, "RetryPolicy.MaxBackoff"),
                Multiplier = retry.BackoffMultiplier is > 0
                    ? retry.BackoffMultiplier.Value
                    : throw new InvalidOperationException("RetryPolicy.BackoffMultiplier is required and above 0."),
            };
        }

        return config?.HedgingPolicy is { } hedging
            ? new RetryRules(AttemptsOf(hedging.MaxAttempts, maxAttempts, "HedgingPolicy.MaxAttempts"), hedging.NonFatalStatusCodes)
            {
                IsHedging = true,
                HedgingDelay = hedging.HedgingDelay ?? TimeSpan.Zero,
            }
            : null;
    }

    /// <summary>True if a failure with <paramref name="code"/> may be followed by another attempt.</summary>
    public bool Allows(StatusCode code) => _codes.Contains(code);

    /// <summary>Upper bound of the pause that follows one of at most <paramref name="bound"/>.</summary>
    public TimeSpan Grow(TimeSpan bound) => TimeSpan.FromMilliseconds(Math.Min(bound.TotalMilliseconds * Multiplier, MaxBackoff.TotalMilliseconds));

    /// <summary>What the server says of repeating: null = nothing, a time = after it, negative = not at all.</summary>
    public static TimeSpan? PushBack(HttpResponseMessage? response)
    {
        // An empty value counts: the server says something, and it is no time.
        if (response is null || ResponseStatus.First(response.Headers, PushBackName) is not { } value)
        {
            return null;
        }

        return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds >= 0
            ? TimeSpan.FromMilliseconds(milliseconds)
            : TimeSpan.FromTicks(-1);
    }

    private static int AttemptsOf(int? own, int? most, string name) => own is >= 2
        ? Math.Min(own.Value, most ?? int.MaxValue)
        : throw new InvalidOperationException($"{name} is required and at least 2.");

    private static TimeSpan Positive(TimeSpan? value, string name) => value > TimeSpan.Zero
        ? value.Value
        : throw new InvalidOperationException($"{name} is required and above 0.");
}
