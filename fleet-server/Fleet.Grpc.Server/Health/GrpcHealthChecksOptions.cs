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
/// <param name="name">Full name of the service.</param>
/// <param name="predicate">True for its checks.</param>
public sealed class ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
{
    /// <summary>Full name of the service.</summary>
    public string Name { get; } = name;

    /// <summary>True for its checks.</summary>
    public Func<HealthCheckMapContext, bool> HealthCheckPredicate { get; } = predicate;

    internal bool Takes(HealthCheckRegistration check) => HealthCheckPredicate(new HealthCheckMapContext(check.Name, check.Tags));
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
