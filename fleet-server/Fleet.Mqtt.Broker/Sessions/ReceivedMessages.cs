namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>
/// QoS 2 messages from one client that wait for their PUBREL (4.3.3). Those about which nothing is decided yet are told apart: a client that came back and repeats one has to wait
/// for the same decision. Guarded by the session's gate.
/// </summary>
internal sealed class ReceivedMessages
{
    private readonly HashSet<ushort> _received = [];
    private readonly Dictionary<ushort, Action<MqttReasonCode>?> _undecided = [];

    /// <summary>False: this message was received before [MQTT-4.3.3-10].</summary>
    public bool Add(ushort packetId)
    {
        if (!_received.Add(packetId))
        {
            return false;
        }

        _undecided.Add(packetId, null);
        return true;
    }

    /// <summary>Whoever is to be told about the decision besides the connection that it came through.</summary>
    public Action<MqttReasonCode>? Decide(ushort packetId, bool isAccepted)
    {
        if (!isAccepted)
        {
            _received.Remove(packetId);
        }

        _undecided.Remove(packetId, out var others);
        return others;
    }

    /// <summary>False: it is decided, and accepted.</summary>
    public bool TryWait(ushort packetId, Action<MqttReasonCode> decided)
    {
        if (!_undecided.ContainsKey(packetId))
        {
            return false;
        }

        _undecided[packetId] = decided;
        return true;
    }

    /// <summary>False: no such message waits.</summary>
    public bool Release(ushort packetId) => _received.Remove(packetId);
}
