namespace Fleet.Mqtt.Broker.Connections;

/// <summary>
/// A connection that was let through the gates, from accept to its end: what is counted for it is given back once. Before the CONNECT is complete it has one deadline, for
/// the TLS handshake and the CONNECT together.
/// </summary>
internal sealed class Arrival(FrontDoor door, MqttPeer peer, long now) : IDisposable
{
    private bool _handshaking;
    private int _gone;

    /// <summary>Broker clock.</summary>
    public long At { get; } = now;

    public MqttPeer Peer => peer;

    /// <summary>Waits for a place among the TLS handshakes.</summary>
    public async Task BeginHandshakeAsync(CancellationToken closed)
    {
        await door.Handshakes.WaitAsync(closed);
        _handshaking = true;
    }

    /// <summary>The handshake is over, well or not. Called by the connection's own path only.</summary>
    public void EndHandshake()
    {
        door.Unwatch(this);
        if (_handshaking)
        {
            _handshaking = false;
            door.Handshakes.Release();
        }
    }

    public void Dispose()
    {
        EndHandshake();
        if (Interlocked.Exchange(ref _gone, 1) == 0)
        {
            door.Leave(peer);
        }
    }
}
