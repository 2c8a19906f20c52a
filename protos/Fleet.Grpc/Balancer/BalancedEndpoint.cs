using System.Collections.Concurrent;
using System.Net;

namespace Grpc.Net.Client.Balancer;

/// <summary>One address, and until when it is left out.</summary>
internal sealed class BalancedEndpoint(BalancerAddress address)
{
    private const double Growth = 1.6;

    private readonly ConcurrentDictionary<Uri, Uri> _targets = new();
    private long _pausedUntil = long.MinValue;
    private TimeSpan _pause;

    public string Address { get; } = address.ToString();

    public DnsEndPoint EndPoint { get; } = address.EndPoint;

    /// <summary>Where a request for <paramref name="uri"/> goes when it goes to this address; there is one for each method.</summary>
    public Uri Target(Uri uri) => _targets.GetOrAdd(
        uri, static (u, e) => new UriBuilder(u) { Host = e.Host, Port = e.Port }.Uri, EndPoint);

    public bool IsPausing(long now) => now < Volatile.Read(ref _pausedUntil);

    public void Reached()
    {
        _pause = TimeSpan.Zero;
        Volatile.Write(ref _pausedUntil, long.MinValue);
    }

    public void Failed(GrpcChannelOptions options, TimeProvider clock)
    {
        var longest = options.MaxReconnectBackoff ?? TimeSpan.MaxValue;
        var grown = _pause == TimeSpan.Zero ? options.InitialReconnectBackoff : _pause * Growth;
        _pause = grown < longest ? grown : longest;
        Volatile.Write(ref _pausedUntil, clock.GetTimestamp() + (long)(_pause.TotalSeconds * clock.TimestampFrequency));
    }
}
