namespace Fleet.Mqtt.Broker.Connections;

/// <summary>
/// A connection that was let through the gates, from accept to its end: what is counted for it is given back once. Before the CONNECT is complete it has one deadline, for
/// the TLS handshake and the CONNECT together.
/// </summary>
internal sealed class Arrival(MqttBroker broker, MqttPeer peer) : IDisposable
{
    private bool _handshaking;
    private int _gone;

    /// <summary>Broker clock.</summary>
    public long At { get; } = broker.Clock.Now;

    public MqttPeer Peer => peer;

    /// <summary>Waits for a place among the TLS handshakes.</summary>
    public async Task BeginHandshakeAsync(CancellationToken closed)
    {
        await broker.Handshakes.WaitAsync(closed);
        _handshaking = true;
    }

    /// <summary>The handshake is over, well or not. Called by the connection's own path only.</summary>
    public void EndHandshake()
    {
        broker.Watch.Remove(this);
        if (_handshaking)
        {
            _handshaking = false;
            broker.Handshakes.Release();
        }
    }

    /// <summary>No CONNECT in time? Called by the broker's timer.</summary>
    public void CheckDeadline(long now)
    {
        if (now - At > (peer.Listener?.ConnectTimeout ?? broker.Options.ConnectTimeout).TotalMilliseconds)
        {
            peer.Abort();
        }
    }

    public void Dispose()
    {
        EndHandshake();
        if (Interlocked.Exchange(ref _gone, 1) == 0)
        {
            broker.Leave(peer);
        }
    }
}
