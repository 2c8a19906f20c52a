using System.Buffers;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>Whole packets over a raw connection: what a well-behaved client never does can be said in packets, too.</summary>
internal static class RawPackets
{
    public static RawMqtt Send(this RawMqtt raw, MqttPacket packet, MqttVersion version = MqttVersion.V5)
    {
        var buffer = new ArrayBufferWriter<byte>();
        MqttEncoder.Write(buffer, packet, version);
        raw.Send(buffer.WrittenSpan);
        return raw;
    }

    /// <summary>The next packet, which must be a <typeparamref name="T"/>.</summary>
    public static T Next<T>(this RawMqtt raw, MqttVersion version = MqttVersion.V5)
        where T : MqttPacket
    {
        var header = raw.Read(2);
        Assert.That(header, Has.Length.EqualTo(2), "no packet came");
        var length = header[1] & 0x7F;
        for (var shift = 7; (header[^1] & 0x80) != 0; shift += 7)
        {
            header = [.. header, .. raw.Read(1)];
            length |= (header[^1] & 0x7F) << shift;
        }

        var packet = MqttDecoder.Decode(header[0], raw.Read(length), version, MqttDecodeLimits.Default);
        Assert.That(packet, Is.InstanceOf<T>());
        return (T)packet;
    }

    /// <summary>Connects and is let in.</summary>
    public static ConnAckPacket Enter(this RawMqtt raw, ConnectPacket connect)
    {
        var connAck = raw.Send(connect, connect.Version).Next<ConnAckPacket>(connect.Version);
        Assert.That(connAck.ReasonCode, Is.EqualTo(MqttReasonCode.Success));
        return connAck;
    }

    /// <summary>Subscribes to one filter and is granted it.</summary>
    public static RawMqtt Subscribe(this RawMqtt raw, string filter, MqttQos qos = MqttQos.ExactlyOnce, MqttVersion version = MqttVersion.V5)
    {
        var subAck = raw.Send(new SubscribePacket { PacketId = 77, Subscriptions = [new MqttSubscription(filter, qos)] }, version).Next<SubAckPacket>(version);
        Assert.That(subAck.ReasonCodes, Is.EqualTo([(MqttReasonCode)qos]));
        return raw;
    }
}
