using System.Text;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Codec;

/// <summary>
/// Parses the bodies of packets. Whatever the bytes are, the only exception is <see cref="MqttProtocolException"/>, and no more is allocated than
/// the packet is long.
/// </summary>
public static class MqttDecoder
{
    /// <summary>Parses any packet into an object of its own; <paramref name="version"/> is ignored for CONNECT, which names its own.</summary>
    public static MqttPacket Decode(byte header, ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var type = (MqttPacketType)(header >> 4);
        if (type == MqttPacketType.Publish)
        {
            return DecodePublish(header, body, version, limits).ToPacket();
        }

        if (type != MqttPacketType.Connect)
        {
            CheckFlags(type, header);
        }

        return type switch
        {
            MqttPacketType.Connect => DecodeConnect(header, body, limits),
            MqttPacketType.ConnAck => DecodeConnAck(body, version, limits),
            MqttPacketType.PubAck or MqttPacketType.PubRec or MqttPacketType.PubRel or MqttPacketType.PubComp =>
                DecodeAck(type, body, version, limits),
            MqttPacketType.Subscribe => DecodeSubscribe(body, version, limits),
            MqttPacketType.SubAck => DecodeSubAck(body, version, limits),
            MqttPacketType.Unsubscribe => DecodeUnsubscribe(body, version, limits),
            MqttPacketType.UnsubAck => DecodeUnsubAck(body, version, limits),
            MqttPacketType.PingReq => DecodePing(body, PingReqPacket.Instance),
            MqttPacketType.PingResp => DecodePing(body, PingRespPacket.Instance),
            MqttPacketType.Disconnect => DecodeDisconnect(body, version, limits),
            MqttPacketType.Auth => DecodeAuth(body, version, limits),
            MqttPacketType.Publish => throw new ArgumentOutOfRangeException(nameof(header)),
            MqttPacketType.Reserved => throw MqttProtocolException.Violation("Packet type 0 is reserved (2.1.2)."),
            _ => throw new ArgumentOutOfRangeException(nameof(header)),
        };
    }

    /// <summary>Reserved flags of the fixed header have one value each [MQTT-2.1.3-1].</summary>
    public static void CheckFlags(MqttPacketType type, byte header)
    {
        var expected = type is MqttPacketType.PubRel or MqttPacketType.Subscribe or MqttPacketType.Unsubscribe ? 2 : 0;
        if ((header & 0x0F) != expected && type != MqttPacketType.Reserved)
        {
            throw MqttProtocolException.Malformed($"{type}: flags are {header & 0x0F}, must be {expected} [MQTT-2.1.3-1].");
        }
    }

    /// <summary>PUBLISH (3.3) without copying topic or payload.</summary>
    public static PublishView DecodePublish(byte header, ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var qos = (header >> 1) & 3;
        var duplicate = (header & 0x08) != 0;
        if (qos == 3)
        {
            throw MqttProtocolException.Malformed("PUBLISH with both QoS bits set [MQTT-3.3.1-4].");
        }

        if (duplicate && qos == 0)
        {
            throw MqttProtocolException.Malformed("PUBLISH of QoS 0 with DUP set [MQTT-3.3.1-2].");
        }

        var reader = new MqttReader(body);
        var topic = reader.ReadUtf8("Topic Name");
        if (topic.IndexOfAny((byte)'+', (byte)'#') >= 0)
        {
            throw MqttProtocolException.Malformed("Topic Name with a wildcard [MQTT-3.3.2-2].");
        }

        var packetId = qos == 0 ? (ushort)0 : ReadPacketId(ref reader, MqttPacketType.Publish);
        var properties = ReadProperties(ref reader, version, PropertyScope.Publish, limits);
        if (topic.IsEmpty && properties?.TopicAlias is null)
        {
            throw MqttProtocolException.Violation("Empty Topic Name without Topic Alias (3.3.2.1).", MqttRule.EmptyTopicName);
        }

        return new PublishView
        {
            Duplicate = duplicate,
            Qos = (MqttQos)qos,
            Retain = (header & 1) != 0,
            Topic = topic,
            PacketId = packetId,
            Properties = properties,
            Payload = reader.ReadRest(),
        };
    }

    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP in their short form, without an object: true when there is nothing but the identifier.</summary>
    public static bool TryDecodeShortAck(ReadOnlySpan<byte> body, out ushort packetId)
    {
        packetId = body.Length == 2 ? (ushort)((body[0] << 8) | body[1]) : (ushort)0;
        return packetId != 0;
    }

    internal static MqttProperties? ReadProperties(ref MqttReader reader, MqttVersion version, PropertyScope scope, MqttDecodeLimits limits) =>
        version == MqttVersion.V5 ? MqttPropertyReader.Read(ref reader, scope, limits.MaximumUserProperties) : null;

    private static ConnectPacket DecodeConnect(byte header, ReadOnlySpan<byte> body, MqttDecodeLimits limits) =>
        ConnectDecoder.Decode(header, body, limits);

    private static ConnAckPacket DecodeConnAck(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var flags = reader.ReadByte("Connect Acknowledge Flags");
        if (flags > 1)
        {
            throw MqttProtocolException.Malformed("CONNACK with reserved flags set [MQTT-3.2.2-1].");
        }

        var code = reader.ReadByte("Connect Reason Code");
        var properties = ReadProperties(ref reader, version, PropertyScope.ConnAck, limits);
        reader.ExpectEnd("CONNACK");
        return new ConnAckPacket
        {
            SessionPresent = flags == 1,
            ReasonCode = version == MqttVersion.V5 ? MqttReasonCodeTable.Check(code, PropertyScope.ConnAck) : ConnectReturnCode.ToReasonCode(code),
            Properties = properties,
        };
    }

    private static PublishAckPacket DecodeAck(MqttPacketType type, ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var packetId = ReadPacketId(ref reader, type);
        var code = MqttReasonCode.Success;
        MqttProperties? properties = null;
        var scope = (PropertyScope)(1 << (int)type);
        if (version == MqttVersion.V5 && !reader.End)
        {
            code = MqttReasonCodeTable.Check(reader.ReadByte("Reason Code"), scope);
            properties = reader.End ? null : ReadProperties(ref reader, version, scope, limits);
        }

        reader.ExpectEnd(type.ToString());
        return new PublishAckPacket(type) { PacketId = packetId, ReasonCode = code, Properties = properties };
    }

    private static SubscribePacket DecodeSubscribe(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var packetId = ReadPacketId(ref reader, MqttPacketType.Subscribe);
        var properties = ReadProperties(ref reader, version, PropertyScope.Subscribe, limits);
        var subscriptions = new List<MqttSubscription>();
        while (!reader.End)
        {
            var filter = ReadFilter(ref reader);
            subscriptions.Add(ReadOptions(filter, reader.ReadByte("Subscription Options"), version));
            RefuseTooMany(subscriptions.Count, limits);
        }

        RefuseNone(subscriptions.Count, "SUBSCRIBE without a topic filter [MQTT-3.8.3-2].");
        return new SubscribePacket { PacketId = packetId, Subscriptions = subscriptions, Properties = properties };
    }

    private static MqttSubscription ReadOptions(string filter, byte options, MqttVersion version)
    {
        var qos = options & 3;
        if (version != MqttVersion.V5)
        {
            return options < 3
                ? new MqttSubscription(filter, (MqttQos)qos)
                : throw MqttProtocolException.Malformed("Requested QoS is not 0, 1 or 2 [MQTT-3-8.3-4] (3.1.1).");
        }

        if ((options & 0xC0) != 0)
        {
            throw MqttProtocolException.Malformed("Reserved bits of Subscription Options are set [MQTT-3.8.3-5].");
        }

        var retainHandling = (options >> 4) & 3;
        if (qos == 3 || retainHandling == 3)
        {
            throw MqttProtocolException.Violation("Maximum QoS or Retain Handling is 3 (3.8.3.1).", MqttRule.SubscriptionOptionValue);
        }

        var noLocal = (options & 4) != 0;
        if (noLocal && MqttTopic.IsShared(filter))
        {
            throw MqttProtocolException.Violation("No Local on a shared subscription [MQTT-3.8.3-4].");
        }

        return new MqttSubscription(filter, (MqttQos)qos, noLocal, (options & 8) != 0, (MqttRetainHandling)retainHandling);
    }

    private static SubAckPacket DecodeSubAck(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var packetId = ReadPacketId(ref reader, MqttPacketType.SubAck);
        var properties = ReadProperties(ref reader, version, PropertyScope.SubAck, limits);
        var codes = ReadCodes(ref reader, version, PropertyScope.SubAck, limits);
        RefuseNone(codes.Count, "SUBACK without a reason code (3.9.3).");
        return new SubAckPacket { PacketId = packetId, ReasonCodes = codes, Properties = properties };
    }

    private static UnsubscribePacket DecodeUnsubscribe(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var packetId = ReadPacketId(ref reader, MqttPacketType.Unsubscribe);
        var properties = ReadProperties(ref reader, version, PropertyScope.Unsubscribe, limits);
        var filters = new List<string>();
        while (!reader.End)
        {
            filters.Add(ReadFilter(ref reader));
            RefuseTooMany(filters.Count, limits);
        }

        RefuseNone(filters.Count, "UNSUBSCRIBE without a topic filter [MQTT-3.10.3-2].");
        return new UnsubscribePacket { PacketId = packetId, Filters = filters, Properties = properties };
    }

    private static UnsubAckPacket DecodeUnsubAck(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var packetId = ReadPacketId(ref reader, MqttPacketType.UnsubAck);
        if (version != MqttVersion.V5)
        {
            reader.ExpectEnd("UNSUBACK");
            return new UnsubAckPacket { PacketId = packetId };
        }

        var properties = ReadProperties(ref reader, version, PropertyScope.UnsubAck, limits);
        var codes = ReadCodes(ref reader, version, PropertyScope.UnsubAck, limits);
        RefuseNone(codes.Count, "UNSUBACK without a reason code (3.11.3).");
        return new UnsubAckPacket { PacketId = packetId, ReasonCodes = codes, Properties = properties };
    }

    private static MqttPacket DecodePing(ReadOnlySpan<byte> body, MqttPacket packet) =>
        body.IsEmpty ? packet : throw MqttProtocolException.Malformed($"{packet.Type} with a body (3.12, 3.13).", MqttRule.PingWithBody);

    private static DisconnectPacket DecodeDisconnect(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var code = MqttReasonCode.Success;
        MqttProperties? properties = null;
        if (version == MqttVersion.V5 && !reader.End)
        {
            code = MqttReasonCodeTable.Check(reader.ReadByte("Disconnect Reason Code"), PropertyScope.Disconnect);
            properties = reader.End ? null : ReadProperties(ref reader, version, PropertyScope.Disconnect, limits);
        }

        reader.ExpectEnd("DISCONNECT");
        return new DisconnectPacket { ReasonCode = code, Properties = properties };
    }

    private static AuthPacket DecodeAuth(ReadOnlySpan<byte> body, MqttVersion version, MqttDecodeLimits limits)
    {
        if (version != MqttVersion.V5)
        {
            throw MqttProtocolException.Violation("AUTH does not exist before MQTT 5 (2.1.2).");
        }

        var reader = new MqttReader(body);
        if (reader.End)
        {
            return new AuthPacket();
        }

        var code = MqttReasonCodeTable.Check(reader.ReadByte("Authenticate Reason Code"), PropertyScope.Auth);
        var properties = ReadProperties(ref reader, version, PropertyScope.Auth, limits);
        reader.ExpectEnd("AUTH");
        return new AuthPacket { ReasonCode = code, Properties = properties };
    }

    private static string ReadFilter(ref MqttReader reader)
    {
        var utf8 = reader.ReadUtf8("Topic Filter");
        return utf8.IsEmpty
            ? throw MqttProtocolException.Malformed("Topic Filter is empty [MQTT-4.7.3-1].")
            : Encoding.UTF8.GetString(utf8);
    }

    private static List<MqttReasonCode> ReadCodes(ref MqttReader reader, MqttVersion version, PropertyScope scope, MqttDecodeLimits limits)
    {
        var codes = new List<MqttReasonCode>();
        while (!reader.End)
        {
            var code = reader.ReadByte("Reason Code");
            codes.Add(version == MqttVersion.V5 || code is not (<= 2 or 0x80) ? MqttReasonCodeTable.Check(code, scope) : (MqttReasonCode)code);
            RefuseTooMany(codes.Count, limits);
        }

        return codes;
    }

    private static ushort ReadPacketId(ref MqttReader reader, MqttPacketType type)
    {
        var packetId = reader.ReadUInt16("Packet Identifier");
        return packetId != 0 ? packetId : throw MqttProtocolException.Violation($"{type} with Packet Identifier 0 [MQTT-2.2.1-3].");
    }

    private static void RefuseTooMany(int count, MqttDecodeLimits limits)
    {
        if (count > limits.MaximumFilters)
        {
            throw new MqttProtocolException(MqttReasonCode.PacketTooLarge, $"More than {limits.MaximumFilters} entries in one packet.");
        }
    }

    private static void RefuseNone(int count, string message)
    {
        if (count == 0)
        {
            throw MqttProtocolException.Violation(message, MqttRule.NoTopicFilter);
        }
    }
}
