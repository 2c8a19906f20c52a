using System.Collections.Concurrent;
using System.Net;

namespace Grpc.Net.Client.Balancer;

/// <summary>One address of a service.</summary>
/// <param name="endPoint">Host and port.</param>
public sealed class BalancerAddress(DnsEndPoint endPoint)
{
    private BalancerAttributes? _attributes;

    // By reference: a channel has one URI a method.
    private ConcurrentDictionary<Uri, Uri>? _targets;

    /// <summary>An address by host and port.</summary>
    public BalancerAddress(string host, int port)
        : this(new DnsEndPoint(host, port))
    {
    }

    /// <summary>Host and port.</summary>
    public DnsEndPoint EndPoint { get; } = endPoint;

    /// <summary>What a resolver says of the address to balancing policies. <c>HostOverride</c> is the authority of requests to it.</summary>
    public BalancerAttributes Attributes => _attributes ??= new BalancerAttributes();

    /// <inheritdoc/>
    public override string ToString() => $"{EndPoint.Host}:{EndPoint.Port}";

    /// <summary>Where a request for <paramref name="uri"/> goes when it goes to this address.</summary>
    internal Uri Target(Uri uri) => (_targets ?? NewTargets()).GetOrAdd(
        uri,
        static (u, e) => u.IdnHost == e.Host && u.Port == e.Port ? u : new UriBuilder(u) { Host = e.Host, Port = e.Port }.Uri,
        EndPoint);

    internal bool IsAlike(BalancerAddress other) =>
        EndPoint.Equals(other.EndPoint) && BalancerAttributes.AreAlike(_attributes, other._attributes);

    internal string? HostOverride =>
        _attributes is { } attributes && attributes.TryGetValue(BalancerAttributes.HostOverrideKey, out var host) ? host : null;

    private ConcurrentDictionary<Uri, Uri> NewTargets()
    {
        var targets = new ConcurrentDictionary<Uri, Uri>(ReferenceEqualityComparer.Instance);
        return Interlocked.CompareExchange(ref _targets, targets, null) ?? targets;
    }
}
