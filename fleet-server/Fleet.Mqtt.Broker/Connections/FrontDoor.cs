using System.Collections.Concurrent;
using System.Net;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Who is let in before a byte is read of him, how many TLS handshakes work at once, and who of them takes too long.</summary>
internal sealed class FrontDoor(MqttBrokerOptions options, BrokerClock clock, BrokerMetrics metrics)
{
    private readonly ConcurrentDictionary<Arrival, byte> _shakingHands = new();

    /// <summary>Limits of the broker as a whole; an endpoint has its own besides.</summary>
    public ConnectGate Gate { get; } = new(options.MaximumConnections, options.MaximumConnectionsPerAddress, options.ConnectRate, clock);

    /// <summary>Places for TLS handshakes.</summary>
    public SemaphoreSlim Handshakes { get; } = new(options.MaximumTlsHandshakes);

    /// <summary>Connections that are not through TLS yet.</summary>
    public int ShakingHands => _shakingHands.Count;

    /// <summary>Null: no more connections, at all, from this address or through this endpoint.</summary>
    public Arrival? Enter(MqttPeer peer)
    {
        var address = AddressOf(peer);
        if (Gate.Enter(address))
        {
            if (peer.Listener?.Gate(clock).Enter(address) != false)
            {
                return new Arrival(this, peer, clock.Now);
            }

            Gate.Leave(address);
        }

        metrics.Refused(MqttReasonCode.QuotaExceeded);
        return null;
    }

    /// <summary>Gives back what was counted at <see cref="Enter"/>.</summary>
    public void Leave(MqttPeer peer)
    {
        var address = AddressOf(peer);
        Gate.Leave(address);
        peer.Listener?.Gate(clock).Leave(address);
    }

    public void Watch(Arrival arrival) => _shakingHands.TryAdd(arrival, 0);

    public void Unwatch(Arrival arrival) => _shakingHands.TryRemove(arrival, out _);

    /// <summary>Called by the broker's timer.</summary>
    public void CheckDeadlines(long now)
    {
        foreach (var (arrival, _) in _shakingHands)
        {
            CheckDeadline(arrival, now);
        }
    }

    /// <summary>Cuts off who has not sent a whole CONNECT in time.</summary>
    public void CheckDeadline(Arrival arrival, long now)
    {
        if (now - arrival.At > (arrival.Peer.Listener?.ConnectTimeout ?? options.ConnectTimeout).TotalMilliseconds)
        {
            arrival.Peer.Abort();
        }
    }

    private static IPAddress? AddressOf(MqttPeer peer) => (peer.Remote as IPEndPoint)?.Address;
}
