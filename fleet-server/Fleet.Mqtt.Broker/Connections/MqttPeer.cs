using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>The other end of a connection, as far as it is known before its first packet.</summary>
public abstract class MqttPeer
{
    /// <summary>Its address.</summary>
    public virtual EndPoint? Remote => null;

    /// <summary>Ours.</summary>
    public virtual EndPoint? Local => null;

    /// <summary>Of the TLS client, if it showed one.</summary>
    public virtual X509Certificate2? Certificate => null;

    /// <summary>Limits of the endpoint it came through, if that has its own.</summary>
    public virtual MqttListener? Listener => null;

    /// <summary>Tears the transport down at once. Any thread.</summary>
    public abstract void Abort();
}
