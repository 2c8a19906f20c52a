namespace Fleet.Mqtt.Packets;

/// <summary>One MQTT Control Packet.</summary>
public abstract class MqttPacket
{
    public abstract MqttPacketType Type { get; }

    /// <summary>Properties (MQTT 5 only); null writes an empty set.</summary>
    public MqttProperties? Properties { get; init; }
}

/// <summary>CONNECT (3.1).</summary>
public sealed class ConnectPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.Connect;

    public required MqttVersion Version { get; init; }

    public required string ClientId { get; init; }

    public bool CleanStart { get; init; }

    /// <summary>Seconds; 0 switches the keep-alive mechanism off.</summary>
    public ushort KeepAlive { get; init; }

    public string? UserName { get; init; }

    public ReadOnlyMemory<byte>? Password { get; init; }

    public WillMessage? Will { get; init; }
}

/// <summary>The will inside a CONNECT (3.1.3.2).</summary>
public sealed class WillMessage
{
    public required string Topic { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }

    public MqttQos Qos { get; init; }

    public bool Retain { get; init; }

    public MqttProperties? Properties { get; init; }
}

/// <summary>CONNACK (3.2). For 3.1.1 the code is written as its return code.</summary>
public sealed class ConnAckPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.ConnAck;

    public bool SessionPresent { get; init; }

    public MqttReasonCode ReasonCode { get; init; }
}

/// <summary>PUBLISH (3.3) with its topic and payload copied out of the wire.</summary>
public sealed class PublishPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.Publish;

    public bool Duplicate { get; init; }

    public MqttQos Qos { get; init; }

    public bool Retain { get; init; }

    /// <summary>Empty only together with a Topic Alias.</summary>
    public required string Topic { get; init; }

    /// <summary>0 for QoS 0, otherwise not 0.</summary>
    public ushort PacketId { get; init; }

    public ReadOnlyMemory<byte> Payload { get; init; }
}

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7).</summary>
public sealed class PublishAckPacket(MqttPacketType type) : MqttPacket
{
    public override MqttPacketType Type { get; } = type;

    public required ushort PacketId { get; init; }

    public MqttReasonCode ReasonCode { get; init; }
}

/// <summary>SUBSCRIBE (3.8).</summary>
public sealed class SubscribePacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.Subscribe;

    public required ushort PacketId { get; init; }

    public required IReadOnlyList<MqttSubscription> Subscriptions { get; init; }
}

/// <summary>SUBACK (3.9).</summary>
public sealed class SubAckPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.SubAck;

    public required ushort PacketId { get; init; }

    public required IReadOnlyList<MqttReasonCode> ReasonCodes { get; init; }
}

/// <summary>UNSUBSCRIBE (3.10).</summary>
public sealed class UnsubscribePacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.Unsubscribe;

    public required ushort PacketId { get; init; }

    public required IReadOnlyList<string> Filters { get; init; }
}

/// <summary>UNSUBACK (3.11). 3.1.1 has no reason codes in it.</summary>
public sealed class UnsubAckPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.UnsubAck;

    public required ushort PacketId { get; init; }

    public IReadOnlyList<MqttReasonCode> ReasonCodes { get; init; } = [];
}

/// <summary>PINGREQ (3.12).</summary>
public sealed class PingReqPacket : MqttPacket
{
    public static PingReqPacket Instance { get; } = new();

    public override MqttPacketType Type => MqttPacketType.PingReq;
}

/// <summary>PINGRESP (3.13).</summary>
public sealed class PingRespPacket : MqttPacket
{
    public static PingRespPacket Instance { get; } = new();

    public override MqttPacketType Type => MqttPacketType.PingResp;
}

/// <summary>DISCONNECT (3.14).</summary>
public sealed class DisconnectPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.Disconnect;

    public MqttReasonCode ReasonCode { get; init; }
}

/// <summary>AUTH (3.15).</summary>
public sealed class AuthPacket : MqttPacket
{
    public override MqttPacketType Type => MqttPacketType.Auth;

    public MqttReasonCode ReasonCode { get; init; }
}
