using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>Writes packets. Packets that break a rule of 1.5 (text too long, U+0000) are refused with <see cref="ArgumentException"/>.</summary>
public static class MqttEncoder
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    /// <summary>Writes any packet; returns its length.</summary>
    public static int Write(IBufferWriter<byte> writer, MqttPacket packet, MqttVersion version)
    {
        if (packet is PublishPacket publish)
        {
            return WritePublish(writer, publish, version);
        }

        var body = _scratch ??= new ArrayBufferWriter<byte>(256);
        body.ResetWrittenCount();
        WriteBody(body, packet, version);
        var flags = packet.Type is MqttPacketType.PubRel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe ? 2 : 0;
        writer.WriteByte((byte)(((int)packet.Type << 4) | flags));
        writer.WriteVariable((uint)body.WrittenCount);
        writer.Write(body.WrittenSpan);
        return 1 + MqttWriter.VariableLength((uint)body.WrittenCount) + body.WrittenCount;
    }

    /// <summary>Length that <see cref="WritePublish(IBufferWriter{byte}, in PublishHead, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, MqttVersion)"/> would write.</summary>
    public static int PublishLength(in PublishHead head, int topicLength, int propertiesLength, int payloadLength, MqttVersion version)
    {
        var remaining = PublishRemaining(head, topicLength, propertiesLength, payloadLength, version);
        return 1 + MqttWriter.VariableLength((uint)remaining) + remaining;
    }

    /// <summary>Writes a PUBLISH from its parts in one go: topic as UTF-8, properties as encoded set without their length. Returns its length.</summary>
    public static int WritePublish(
        IBufferWriter<byte> writer,
        in PublishHead head,
        ReadOnlySpan<byte> topic,
        ReadOnlySpan<byte> properties,
        ReadOnlySpan<byte> payload,
        MqttVersion version)
    {
        var remaining = PublishRemaining(head, topic.Length, properties.Length, payload.Length, version);
        var total = 1 + MqttWriter.VariableLength((uint)remaining) + remaining;
        var fixedPart = total - payload.Length;
        var span = writer.GetSpan(payload.Length <= 4096 ? total : fixedPart);
        span[0] = head.FirstByte;
        var at = 1 + MqttWriter.PutVariable(span[1..], (uint)remaining);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], (ushort)topic.Length);
        topic.CopyTo(span[(at + 2)..]);
        at += 2 + topic.Length;
        if (head.Qos != MqttQos.AtMostOnce)
        {
            BinaryPrimitives.WriteUInt16BigEndian(span[at..], head.PacketId);
            at += 2;
        }

        if (version == MqttVersion.V5)
        {
            at += MqttWriter.PutVariable(span[at..], (uint)properties.Length);
            properties.CopyTo(span[at..]);
            at += properties.Length;
        }

        if (payload.Length <= 4096)
        {
            payload.CopyTo(span[at..]);
            writer.Advance(total);
        }
        else
        {
            writer.Advance(fixedPart);
            writer.Write(payload);
        }

        return total;
    }

    /// <summary>The same from a topic as text and properties as an object. Returns its length.</summary>
    public static int WritePublish(
        IBufferWriter<byte> writer, in PublishHead head, string topic, MqttProperties? properties, ReadOnlySpan<byte> payload, MqttVersion version)
    {
        if (!MqttText.IsValid(topic) || topic.Length > ushort.MaxValue)
        {
            throw new ArgumentException("Topic that MQTT does not allow (1.5.4).", nameof(topic));
        }

        var set = version == MqttVersion.V5 && properties is not null ? MqttPropertyWriter.Encode(properties) : default;
        var maximum = topic.Length * 3;
        var utf8 = maximum <= 768 ? stackalloc byte[maximum] : new byte[maximum];
        var length = Encoding.UTF8.GetBytes(topic, utf8);
        if (length > ushort.MaxValue)
        {
            throw new ArgumentException($"Topic of {length} bytes; 65535 are allowed (4.7.3).", nameof(topic));
        }

        return WritePublish(writer, head, utf8[..length], set, payload, version);
    }

    /// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP without properties; success is written in its short form (3.4.2.1).</summary>
    public static void WriteAck(IBufferWriter<byte> writer, MqttPacketType type, ushort packetId, MqttReasonCode code, MqttVersion version)
    {
        var withCode = version == MqttVersion.V5 && code != MqttReasonCode.Success;
        var span = writer.GetSpan(5);
        span[0] = (byte)(((int)type << 4) | (type == MqttPacketType.PubRel ? 2 : 0));
        span[1] = withCode ? (byte)3 : (byte)2;
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], packetId);
        span[4] = (byte)code;
        writer.Advance(withCode ? 5 : 4);
    }

    private static int PublishRemaining(in PublishHead head, int topicLength, int propertiesLength, int payloadLength, MqttVersion version) =>
        2 + topicLength + (head.Qos == MqttQos.AtMostOnce ? 0 : 2)
        + (version == MqttVersion.V5 ? MqttWriter.VariableLength((uint)propertiesLength) + propertiesLength : 0) + payloadLength;

    private static int WritePublish(IBufferWriter<byte> writer, PublishPacket packet, MqttVersion version)
    {
        var head = new PublishHead(packet.Qos, packet.Retain, packet.Duplicate, packet.PacketId);
        return WritePublish(writer, head, packet.Topic, packet.Properties, packet.Payload.Span, version);
    }

    private static void WriteBody(ArrayBufferWriter<byte> body, MqttPacket packet, MqttVersion version)
    {
        switch (packet)
        {
            case ConnectPacket connect: WriteConnect(body, connect); break;
            case ConnAckPacket connAck: WriteConnAck(body, connAck, version); break;
            case PublishAckPacket ack: WriteAckBody(body, ack, version); break;
            case SubscribePacket subscribe: WriteSubscribe(body, subscribe, version); break;
            case SubAckPacket subAck: WriteCodes(body, subAck.PacketId, subAck.Properties, subAck.ReasonCodes, version, withCodes: true); break;
            case UnsubscribePacket unsubscribe: WriteUnsubscribe(body, unsubscribe, version); break;
            case UnsubAckPacket unsubAck: WriteCodes(body, unsubAck.PacketId, unsubAck.Properties, unsubAck.ReasonCodes, version, version == MqttVersion.V5); break;
            case DisconnectPacket disconnect: WriteReason(body, disconnect.ReasonCode, disconnect.Properties, version); break;
            case AuthPacket auth: WriteReason(body, auth.ReasonCode, auth.Properties, version); break;
            case PingReqPacket or PingRespPacket: break;
            default: throw new ArgumentOutOfRangeException(nameof(packet), packet.Type, "Packet without a writer.");
        }
    }

    private static void WriteConnect(ArrayBufferWriter<byte> body, ConnectPacket packet)
    {
        body.WriteBinary(packet.Version == MqttVersion.V31 ? "MQIsdp"u8 : "MQTT"u8);
        body.WriteByte((byte)packet.Version);
        var flags = packet.CleanStart ? 0x02 : 0;
        flags |= packet.Will is { } will ? 0x04 | ((int)will.Qos << 3) | (will.Retain ? 0x20 : 0) : 0;
        flags |= (packet.Password is null ? 0 : 0x40) | (packet.UserName is null ? 0 : 0x80);
        body.WriteByte((byte)flags);
        body.WriteUInt16(packet.KeepAlive);
        WritePropertiesIfAny(body, packet.Properties, packet.Version);
        body.WriteString(packet.ClientId);
        if (packet.Will is not null)
        {
            WritePropertiesIfAny(body, packet.Will.Properties, packet.Version);
            body.WriteString(packet.Will.Topic);
            body.WriteBinary(packet.Will.Payload.Span);
        }

        if (packet.UserName is not null)
        {
            body.WriteString(packet.UserName);
        }

        if (packet.Password is { } password)
        {
            body.WriteBinary(password.Span);
        }
    }

    private static void WriteConnAck(ArrayBufferWriter<byte> body, ConnAckPacket packet, MqttVersion version)
    {
        body.WriteByte(packet.SessionPresent ? (byte)1 : (byte)0);
        body.WriteByte(version == MqttVersion.V5
            ? (byte)packet.ReasonCode
            : ConnectReturnCode.FromReasonCode(packet.ReasonCode) ?? throw new ArgumentException($"3.1.1 has no return code for {packet.ReasonCode}.", nameof(packet)));
        WritePropertiesIfAny(body, packet.Properties, version);
    }

    private static void WriteAckBody(ArrayBufferWriter<byte> body, PublishAckPacket packet, MqttVersion version)
    {
        body.WriteUInt16(packet.PacketId);
        WriteReason(body, packet.ReasonCode, packet.Properties, version);
    }

    /// <summary>Reason code and properties, left out from the end as far as they say nothing (3.4.2.1, 3.14.2.1, 3.15.2.1).</summary>
    private static void WriteReason(ArrayBufferWriter<byte> body, MqttReasonCode code, MqttProperties? properties, MqttVersion version)
    {
        if (version != MqttVersion.V5 || (code == MqttReasonCode.Success && properties is null))
        {
            return;
        }

        body.WriteByte((byte)code);
        if (properties is not null)
        {
            body.WriteProperties(properties);
        }
    }

    private static void WriteSubscribe(ArrayBufferWriter<byte> body, SubscribePacket packet, MqttVersion version)
    {
        body.WriteUInt16(packet.PacketId);
        WritePropertiesIfAny(body, packet.Properties, version);
        foreach (var subscription in packet.Subscriptions)
        {
            body.WriteString(subscription.Filter);
            var options = (int)subscription.Qos;
            if (version == MqttVersion.V5)
            {
                options |= (subscription.NoLocal ? 4 : 0) | (subscription.RetainAsPublished ? 8 : 0) | ((int)subscription.RetainHandling << 4);
            }

            body.WriteByte((byte)options);
        }
    }

    private static void WriteUnsubscribe(ArrayBufferWriter<byte> body, UnsubscribePacket packet, MqttVersion version)
    {
        body.WriteUInt16(packet.PacketId);
        WritePropertiesIfAny(body, packet.Properties, version);
        foreach (var filter in packet.Filters)
        {
            body.WriteString(filter);
        }
    }

    private static void WriteCodes(
        ArrayBufferWriter<byte> body, ushort packetId, MqttProperties? properties, IReadOnlyList<MqttReasonCode> codes, MqttVersion version, bool withCodes)
    {
        body.WriteUInt16(packetId);
        WritePropertiesIfAny(body, properties, version);
        if (!withCodes)
        {
            return;
        }

        foreach (var code in codes)
        {
            // 3.1.1 knows one failure only (its 3.9.3).
            body.WriteByte(version != MqttVersion.V5 && code.IsFailure() ? (byte)0x80 : (byte)code);
        }
    }

    private static void WritePropertiesIfAny(ArrayBufferWriter<byte> body, MqttProperties? properties, MqttVersion version)
    {
        if (version == MqttVersion.V5)
        {
            body.WriteProperties(properties);
        }
    }
}
