namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Connections that were written to while one batch of packets was handled: each is flushed once at its end. Used by one thread at a time.</summary>
internal sealed class FlushSet
{
    private List<MqttConnection>? _connections;

    public void Add(MqttConnection connection)
    {
        if (connection.MarkForFlush())
        {
            (_connections ??= []).Add(connection);
        }
    }

    public void Flush()
    {
        if (_connections is null)
        {
            return;
        }

        foreach (var connection in _connections)
        {
            connection.FlushMarked();
        }

        _connections.Clear();
    }
}
