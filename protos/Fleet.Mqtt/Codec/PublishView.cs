using System.Text;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>A PUBLISH that still lies in the receive buffer: nothing is copied, nothing allocated unless it holds properties.</summary>
public readonly ref struct PublishView
{
    public bool Duplicate { get; init; }

    public MqttQos Qos { get; init; }

    public bool Retain { get; init; }

    /// <summary>UTF-8, checked to be a topic name; empty only together with a Topic Alias.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    public ushort PacketId { get; init; }

    public MqttProperties? Properties { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The same with topic and payload copied.</summary>
    public PublishPacket ToPacket() => new()
    {
        Duplicate = Duplicate,
        Qos = Qos,
        Retain = Retain,
        Topic = Encoding.UTF8.GetString(Topic),
        PacketId = PacketId,
        Properties = Properties,
        Payload = Payload.ToArray(),
    };
}
