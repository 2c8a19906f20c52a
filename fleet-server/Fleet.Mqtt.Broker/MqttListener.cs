using Fleet.Mqtt.Broker.Connections;

namespace Fleet.Mqtt.Broker;

/// <summary>
/// Limits of one endpoint, tighter than the broker's: a port that strangers reach gets fewer connections and less patience than the one beside the rack. What is null
/// is as the broker has it; the broker's own totals hold besides.
/// </summary>
public sealed class MqttListener
{
    private readonly Lock _lock = new();
    private ConnectGate? _gate;

    /// <summary>Connections at once through this endpoint.</summary>
    public int? MaximumConnections { get; init; }

    /// <summary>CONNECTs a second, with a burst of the same number.</summary>
    public int? ConnectRate { get; init; }

    /// <summary>From accept to a complete CONNECT.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>Largest packet of a connected client, in bytes; told in CONNACK.</summary>
    public int? MaximumPacketSize { get; init; }

    internal ConnectGate Gate(BrokerClock clock)
    {
        lock (_lock)
        {
            return _gate ??= new ConnectGate(MaximumConnections ?? int.MaxValue, maximumPerAddress: 0, ConnectRate ?? 0, clock);
        }
    }
}
