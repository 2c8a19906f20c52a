using System.Collections.Concurrent;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Connections that are not through TLS yet, for the broker's timer.</summary>
internal sealed class HandshakeWatch
{
    private readonly ConcurrentDictionary<Arrival, byte> _pending = new();

    public int Count => _pending.Count;

    public void Add(Arrival arrival) => _pending.TryAdd(arrival, 0);

    public void Remove(Arrival arrival) => _pending.TryRemove(arrival, out _);

    public void Check(long now)
    {
        foreach (var (arrival, _) in _pending)
        {
            arrival.CheckDeadline(now);
        }
    }
}
