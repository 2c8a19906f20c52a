using System.Collections;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Which health checks make the health of which service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>The services; the empty name, which is the whole server, is there from the start and takes every check.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Check answers with the last published report rather than with a fresh one.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>True: Watch goes on when the application stops, until its connection is cut. Otherwise it says NotServing and ends, so that the server can drain.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}

/// <summary>A check that may belong to a service.</summary>
/// <param name="name">Name of the check.</param>
/// <param name="tags">Tags of the check.</param>
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    /// <summary>Name of the check.</summary>
    public string Name { get; } = name;

    /// <summary>Tags of the check.</summary>
    public IEnumerable<string> Tags { get; } = tags;
}

/// <summary>A service and the checks that make its health.</summary>
public sealed class ServiceMapping
{
    /// <summary>The health of <paramref name="name"/> is that of the checks <paramref name="predicate"/> takes.</summary>
    public ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        HealthCheckPredicate = predicate;
    }

#pragma warning disable CS0618 // For code that still chooses by result.
    /// <summary>The health of <paramref name="name"/> is that of the results <paramref name="predicate"/> takes.</summary>
    [Obsolete("Use the constructor that chooses checks before they run.")]
    public ServiceMapping(string name, Func<HealthResult, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(predicate);
        Name = name;
        Predicate = predicate;
    }

    /// <summary>Full name of the service.</summary>
    public string Name { get; }

    /// <summary>True for its checks; null = all.</summary>
    public Func<HealthCheckMapContext, bool>? HealthCheckPredicate { get; }

    /// <summary>True for the results that count; null = all.</summary>
    [Obsolete("Use HealthCheckPredicate.")]
    public Func<HealthResult, bool>? Predicate { get; }

    internal bool Takes(HealthCheckRegistration check) =>
        HealthCheckPredicate is null || HealthCheckPredicate(new HealthCheckMapContext(check.Name, check.Tags));

    internal bool Counts(string check, HealthReportEntry entry) => Predicate is null || Predicate(new HealthResult(
        check, entry.Tags, entry.Status, entry.Description, entry.Duration, entry.Exception, entry.Data));
#pragma warning restore CS0618
}

/// <summary>Services by name; a later mapping replaces an earlier one.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public int Count => _mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>Maps a service to the checks that <paramref name="predicate"/> takes.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => Add(new ServiceMapping(name, predicate));

#pragma warning disable CS0618 // For code that still chooses by result.
    /// <summary>Maps a service to the results that <paramref name="predicate"/> takes.</summary>
    [Obsolete("Use Map, which chooses checks before they run.")]
    public void MapService(string name, Func<HealthResult, bool> predicate) => Add(new ServiceMapping(name, predicate));
#pragma warning restore CS0618

    /// <inheritdoc/>
    public void Add(ServiceMapping item)
    {
        ArgumentNullException.ThrowIfNull(item);
        _mappings[item.Name] = item;
    }

    /// <inheritdoc/>
    public void Clear() => _mappings.Clear();

    /// <summary>Removes a service.</summary>
    public void Remove(string name) => _mappings.Remove(name);

    /// <inheritdoc/>
    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _mappings.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) => _mappings.Remove(item.Name);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ServiceMapping? Find(string name) => _mappings.GetValueOrDefault(name);
}
