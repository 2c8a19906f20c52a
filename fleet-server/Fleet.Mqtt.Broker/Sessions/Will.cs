using System.Text;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>What a client wants to be said when it is gone (3.1.2.5), as its CONNECT held it.</summary>
internal sealed record Will(WillMessage Content, MqttClientInfo Client)
{
    /// <summary>Seconds between the end of the connection and the will (3.1.3.2.2).</summary>
    public uint DelaySeconds => Content.Properties?.WillDelayInterval ?? 0;

    /// <summary>The message; its life begins when it is published (3.1.3.2.4), not with the connection.</summary>
    public StoredMessage ToMessage(long now) => new()
    {
        TopicBytes = Encoding.UTF8.GetBytes(Content.Topic),
        Topic = Content.Topic,
        Payload = Content.Payload.ToArray(),
        Qos = Content.Qos,
        Retain = Content.Retain,
        Properties = StoredMessage.Forwarded(Content.Properties),
        ExpiresAt = StoredMessage.Expiry(Content.Properties?.MessageExpiryInterval, now),
        Publisher = Client.ClientId,
    };
}
