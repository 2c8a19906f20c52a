using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>CONNECT to CONNACK, as far as it depends on nothing but the packet and the options (3.1.4, 3.2).</summary>
internal static class ConnectAnswers
{
    /// <summary>A refusal that needs no authenticator, or null.</summary>
    public static MqttOpening? CheckConnect(ConnectPacket connect, MqttBrokerOptions options)
    {
        if (connect.ClientId.Length == 0 && (connect.Version == MqttVersion.V31 || (connect.Version == MqttVersion.V311 && !connect.CleanStart)))
        {
            // [MQTT-3.1.3-8] (3.1.1)
            return Refuse(MqttReasonCode.ClientIdentifierNotValid);
        }

        if (connect.Will is not { } will)
        {
            return null;
        }

        if (will.Qos > options.MaximumQos)
        {
            return Refuse(MqttReasonCode.QosNotSupported);
        }

        return will.Retain && !options.RetainAvailable ? Refuse(MqttReasonCode.RetainNotSupported) : null;
    }

    public static MqttOpening Refuse(MqttReasonCode code, string? reason = null, string? serverReference = null) => new()
    {
        Answer = new ConnAckPacket
        {
            ReasonCode = code,
            Properties = reason is null && serverReference is null ? null : new MqttProperties { ReasonString = reason, ServerReference = serverReference },
        },
    };

    /// <summary>[MQTT-3.2.2-19] [MQTT-3.2.2-20]: what makes a refusal longer than the client accepts is left out.</summary>
    public static ConnAckPacket Fit(ConnAckPacket answer, ConnectPacket connect) =>
        connect.Properties?.MaximumPacketSize is { } size && MqttOpening.Length(answer, connect.Version) > size
            ? new ConnAckPacket { ReasonCode = answer.ReasonCode }
            : answer;

    /// <summary>CONNACK with what the client has to know: limits, and what was decided against its wish. Whether there is a session is told by the registry.</summary>
    public static ConnAckPacket Accept(ConnectPacket connect, MqttClientInfo client, uint? expiry, int largestPacket, MqttBrokerOptions options)
    {
        if (connect.Version != MqttVersion.V5)
        {
            return new ConnAckPacket();
        }

        var properties = new MqttProperties
        {
            TopicAliasMaximum = options.TopicAliasMaximum == 0 ? null : options.TopicAliasMaximum,
            ReceiveMaximum = options.ReceiveMaximum == ushort.MaxValue ? null : options.ReceiveMaximum,
            AssignedClientIdentifier = connect.ClientId.Length == 0 ? client.ClientId : null,
            SessionExpiryInterval = expiry,
            ServerKeepAlive = client.KeepAlive == connect.KeepAlive ? null : client.KeepAlive,
        };
        if (options.Dialect != MqttDialect.ReferenceSequences)
        {
            properties.MaximumPacketSize = (uint)largestPacket;
        }

        properties.MaximumQos = options.MaximumQos == MqttQos.ExactlyOnce ? null : (byte)options.MaximumQos;
        properties.RetainAvailable = options.RetainAvailable ? null : false;
        properties.WildcardSubscriptionAvailable = options.WildcardSubscriptionsAvailable ? null : false;
        properties.SharedSubscriptionAvailable = options.SharedSubscriptionsAvailable ? null : false;
        properties.SubscriptionIdentifierAvailable = options.SubscriptionIdentifiersAvailable ? null : false;
        return new ConnAckPacket { Properties = properties };
    }

    public static MqttConnectRequest ToRequest(ConnectPacket connect, MqttPeer peer) => new()
    {
        ClientId = connect.ClientId,
        Version = connect.Version,
        UserName = connect.UserName,
        Password = connect.Password,
        ClientCertificate = peer.Certificate,
        RemoteEndPoint = peer.Remote,
        LocalEndPoint = peer.Local,
        CleanStart = connect.CleanStart,
        WillTopic = connect.Will?.Topic,
        UserProperties = connect.Properties?.UserProperties ?? [],
    };
}
