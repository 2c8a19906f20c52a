using Grpc.Core;

namespace Grpc.Net.Client.Configuration;

/// <summary>How calls are made: retries, hedging, load balancing (gRPC service config).</summary>
public sealed class ServiceConfig
{
    /// <summary>Balancing policies by preference; the first known one is used.</summary>
    public IList<LoadBalancingConfig> LoadBalancingConfigs { get; } = [];

    /// <summary>Policies by method; the most exact name wins.</summary>
    public IList<MethodConfig> MethodConfigs { get; } = [];

    /// <summary>Stops retries while too many calls fail; null = never.</summary>
    public RetryThrottlingPolicy? RetryThrottling { get; set; }
}

/// <summary>Policy of the methods it names; either retry or hedging.</summary>
public sealed class MethodConfig
{
    /// <summary>The methods.</summary>
    public IList<MethodName> Names { get; } = [];

    /// <summary>Repeats failed calls.</summary>
    public RetryPolicy? RetryPolicy { get; set; }

    /// <summary>Sends a call several times without waiting for a failure.</summary>
    public HedgingPolicy? HedgingPolicy { get; set; }
}

/// <summary>Names a method, a service (no method) or everything (no service).</summary>
public sealed class MethodName
{
    /// <summary>Every method.</summary>
    public static readonly MethodName Default = new();

    /// <summary>Full name of a service; null or empty = every service.</summary>
    public string? Service { get; set; }

    /// <summary>Name of a method; null or empty = every method of the service.</summary>
    public string? Method { get; set; }
}

/// <summary>Repeats a call that failed before the server sent anything of its answer.</summary>
public sealed class RetryPolicy
{
    /// <summary>Attempts in all, the first one included; at least 2.</summary>
    public int? MaxAttempts { get; set; }

    /// <summary>Longest pause before the second attempt.</summary>
    public TimeSpan? InitialBackoff { get; set; }

    /// <summary>Longest pause before any attempt.</summary>
    public TimeSpan? MaxBackoff { get; set; }

    /// <summary>Each pause is this many times as long as the one before.</summary>
    public double? BackoffMultiplier { get; set; }

    /// <summary>Failures after which to repeat.</summary>
    public IList<StatusCode> RetryableStatusCodes { get; } = [];
}

/// <summary>Sends a call several times; the first answer wins. Only for methods that may safely run more than once.</summary>
public sealed class HedgingPolicy
{
    /// <summary>Attempts in all, the first one included; at least 2.</summary>
    public int? MaxAttempts { get; set; }

    /// <summary>Pause between attempts; null or zero = all at once.</summary>
    public TimeSpan? HedgingDelay { get; set; }

    /// <summary>Failures that do not end the call while other attempts run.</summary>
    public IList<StatusCode> NonFatalStatusCodes { get; } = [];
}

/// <summary>A bucket of tokens for a channel: a failure takes one, a success gives <see cref="TokenRatio"/> back, and there are no retries below one half.</summary>
public sealed class RetryThrottlingPolicy
{
    /// <summary>Tokens of a full bucket, 1-1000.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Tokens a success gives back.</summary>
    public double? TokenRatio { get; set; }
}
