using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>The result of one health check.</summary>
[Obsolete("Use HealthCheckMapContext, which chooses checks before they run.")]
public sealed class HealthResult
{
    /// <summary>The result of one health check.</summary>
    public HealthResult(
        string name,
        IEnumerable<string> tags,
        HealthStatus status,
        string? description,
        TimeSpan duration,
        Exception? exception,
        IReadOnlyDictionary<string, object> data)
    {
        Name = name;
        Tags = tags;
        Status = status;
        Description = description;
        Duration = duration;
        Exception = exception;
        Data = data;
    }

    /// <summary>Name of the check.</summary>
    public string Name { get; }

    /// <summary>Tags of the check.</summary>
    public IEnumerable<string> Tags { get; }

    /// <summary>What the check found.</summary>
    public HealthStatus Status { get; }

    /// <summary>A text for people.</summary>
    public string? Description { get; }

    /// <summary>What the check told beyond its status.</summary>
    public IReadOnlyDictionary<string, object> Data { get; }

    /// <summary>What the check threw.</summary>
    public Exception? Exception { get; }

    /// <summary>How long the check took.</summary>
    public TimeSpan Duration { get; }
}
