using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>Packets into the outbox of one connection, and a line of each into the trace.</summary>
internal sealed class MqttClientSender(MqttOutbox outbox, MqttVersion version, ILogger? trace)
{
    public void Send(MqttPacket packet)
    {
        if (trace is not null)
        {
            MqttClientLog.PacketSent(trace, MqttPacketSummary.Of(packet));
        }

        outbox.Write((packet, version), static (writer, p) => MqttEncoder.Write(writer, p.packet, p.version));
    }

    public void SendAck(MqttPacketType type, ushort packetId, MqttReasonCode code)
    {
        if (trace is not null)
        {
            MqttClientLog.PacketSent(trace, $"{type} id={packetId} {code}");
        }

        outbox.Write((type, packetId, code, version), static (writer, a) => MqttEncoder.WriteAck(writer, a.type, a.packetId, a.code, a.version));
    }

    /// <summary>PUBLISH with <paramref name="topic"/> and <paramref name="properties"/> as they go onto the wire.</summary>
    public void SendPublish(in PublishHead head, MqttMessage message, string topic, MqttProperties? properties)
    {
        if (trace is not null)
        {
            MqttClientLog.PacketSent(trace, $"Publish id={head.PacketId} qos={(int)head.Qos} dup={head.Duplicate} retain={head.Retain} topic={message.Topic} payload={message.Payload.Length} bytes");
        }

        outbox.Write((head, topic, properties, message.Payload, version), static (writer, m) =>
            MqttEncoder.WritePublish(writer, m.head, m.topic, m.properties, m.Payload.Span, m.version));
    }
}
