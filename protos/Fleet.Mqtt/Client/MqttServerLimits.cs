using System.Text;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Client;

/// <summary>What the server said in CONNACK that it does not support: refused here, before it is sent.</summary>
internal sealed class MqttServerLimits(MqttProperties connAck, MqttVersion version)
{
    /// <summary>Property length and a topic alias.</summary>
    private const int AliasLength = 4;

    /// <exception cref="MqttProtocolException">QoS, retain or size [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15].</exception>
    public void Check(MqttMessage message)
    {
        if (connAck.MaximumQos is { } maximum && (byte)message.Qos > maximum)
        {
            throw new MqttProtocolException(MqttReasonCode.QosNotSupported, $"The server supports QoS {maximum} at most [MQTT-3.2.2-11].");
        }

        if (message.Retain && connAck.RetainAvailable == false)
        {
            throw new MqttProtocolException(MqttReasonCode.RetainNotSupported, "The server does not support retained messages [MQTT-3.2.2-14].");
        }

        if (connAck.MaximumPacketSize is { } size && Length(message) > size)
        {
            throw new MqttProtocolException(MqttReasonCode.PacketTooLarge, $"The server accepts packets of {size} bytes at most [MQTT-3.2.2-15].");
        }
    }

    /// <exception cref="MqttProtocolException">Shared or wildcard subscriptions, or identifiers (3.2.2.3.11 to 3.2.2.3.13).</exception>
    public void Check(IReadOnlyList<MqttSubscription> subscriptions, uint? identifier)
    {
        if (identifier is not null && connAck.SubscriptionIdentifierAvailable == false)
        {
            throw new MqttProtocolException(MqttReasonCode.SubscriptionIdentifiersNotSupported, "The server does not support Subscription Identifiers (3.2.2.3.12).");
        }

        foreach (var subscription in subscriptions)
        {
            if (connAck.SharedSubscriptionAvailable == false && MqttTopic.IsShared(subscription.Filter))
            {
                throw new MqttProtocolException(MqttReasonCode.SharedSubscriptionsNotSupported, "The server does not support shared subscriptions (3.2.2.3.13).");
            }

            if (connAck.WildcardSubscriptionAvailable == false && subscription.Filter.AsSpan().IndexOfAny('+', '#') >= 0)
            {
                throw new MqttProtocolException(MqttReasonCode.WildcardSubscriptionsNotSupported, "The server does not support wildcards (3.2.2.3.11).");
            }
        }
    }

    /// <summary>Of the packet on the wire, at most.</summary>
    private int Length(MqttMessage message)
    {
        var properties = version == MqttVersion.V5 && message.ToProperties() is { } set ? MqttPropertyWriter.Encode(set).Length : 0;
        var head = new PublishHead(message.Qos, message.Retain, Duplicate: false, PacketId: 1);
        var alias = connAck.TopicAliasMaximum is > 0 ? AliasLength : 0;
        return MqttEncoder.PublishLength(head, Encoding.UTF8.GetByteCount(message.Topic), properties + alias, message.Payload.Length, version);
    }
}
