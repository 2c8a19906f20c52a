using System.Buffers;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>
/// What is answered to clients that break a rule. The specification leaves room (which code, whether to answer at all); the reference sequences fill
/// that room in one certain way, partly against the text. This table is the whole difference.
/// </summary>
internal sealed class BrokerAnswers(MqttDialect dialect)
{
    private bool IsReference => dialect == MqttDialect.ReferenceSequences;

    /// <summary>For PUBREC and PUBREL with an unknown identifier (4.3.3): 0x92; the sequences expect success.</summary>
    public MqttReasonCode UnknownPacketId => IsReference ? MqttReasonCode.Success : MqttReasonCode.PacketIdentifierNotFound;

    /// <summary>Code of the DISCONNECT; null: close without one.</summary>
    public MqttReasonCode? ToProtocolError(MqttProtocolException error)
    {
        if (!IsReference)
        {
            return error.ReasonCode;
        }

        return error.Rule switch
        {
            MqttRule.PingWithBody => null,
            MqttRule.PropertyNotAllowed => MqttReasonCode.ProtocolError,
            MqttRule.SubscriptionIdentifierZero or MqttRule.NoTopicFilter or MqttRule.SubscriptionOptionValue or MqttRule.EmptyTopicName =>
                MqttReasonCode.MalformedPacket,
            _ => error.ReasonCode,
        };
    }

    /// <summary>A packet that only a server sends, an AUTH that nobody began, or type 0.</summary>
    public MqttProtocolException ToPacketOfTheServer(in MqttFrame frame)
    {
        if (frame.Type is MqttPacketType.PingResp && !frame.Body.IsEmpty)
        {
            return MqttProtocolException.Malformed("PINGRESP with a body (3.13).", MqttRule.PingWithBody);
        }

        if (frame.Type is MqttPacketType.SubAck or MqttPacketType.UnsubAck && (frame.Header & 0x0F) != 0)
        {
            return MqttProtocolException.Malformed($"{frame.Type} with flags set [MQTT-2.1.3-1].");
        }

        return MqttProtocolException.Violation($"A connected client must not send {frame.Type} (2.1.2) [MQTT-3.1.0-2].");
    }

    /// <summary>[MQTT-3.3.4-6]: the sequences send Subscription Identifiers and expect them to be ignored.</summary>
    public void CheckFromClient(in PublishView view)
    {
        if (view.Properties?.SubscriptionIdentifiers is not { } identifiers)
        {
            return;
        }

        if (!IsReference || identifiers.Count > 1)
        {
            throw MqttProtocolException.Violation("PUBLISH from a client with a Subscription Identifier [MQTT-3.3.4-6].", MqttRule.SubscriptionIdentifierFromClient);
        }
    }

    /// <summary>[MQTT-4.8.2-1] [MQTT-4.8.2-2]: a malformed shared subscription is refused with 0x8F in SUBACK; the sequences expect the end of the connection.</summary>
    public void CheckShare(string filter)
    {
        if (IsReference && MqttTopic.IsShared(filter) && !MqttTopic.IsValidFilter(filter))
        {
            throw MqttProtocolException.Violation("Shared subscription without share name or filter [MQTT-4.8.2-1] [MQTT-4.8.2-2].");
        }
    }

    /// <summary>DISCONNECT; the sequences close without an answer when its reason code is unknown.</summary>
    public DisconnectPacket DecodeDisconnect(in MqttFrame frame, MqttVersion version, MqttDecodeLimits limits)
    {
        try
        {
            return (DisconnectPacket)frame.Decode(version, limits);
        }
        catch (MqttProtocolException) when (IsReference && frame.Body.Length == 1 && frame.Header == 0xE0)
        {
            return new DisconnectPacket { ReasonCode = MqttReasonCode.ProtocolError };
        }
    }

    /// <summary>CONNACK to a CONNECT that could not be parsed, and the version to write it in; null: close without one.</summary>
    public (MqttVersion Version, ConnAckPacket? Answer) ToBadConnect(MqttProtocolException error, in MqttFrame frame)
    {
        var level = Level(frame.Body);
        if (error.ReasonCode == MqttReasonCode.UnsupportedProtocolVersion)
        {
            var version = level > 5 && !IsReference ? MqttVersion.V5 : MqttVersion.V311;
            return (version, new ConnAckPacket { ReasonCode = MqttReasonCode.UnsupportedProtocolVersion });
        }

        // 4.13.1: the server may send a CONNACK; 3.1.1 has no code for it. Who cannot even write a CONNECT is no MQTT client and gets no answer.
        return level == 5 && !IsReference && error.ReasonCode != MqttReasonCode.MalformedPacket ? (MqttVersion.V5, new ConnAckPacket { ReasonCode = error.ReasonCode }) : (MqttVersion.V311, null);
    }

    private static int Level(ReadOnlySequence<byte> body)
    {
        var reader = new SequenceReader<byte>(body);
        return reader.TryReadBigEndian(out short length) && length is 4 or 6 && reader.Remaining > length
            && reader.TryPeek(length, out var level)
                ? level
                : 0;
    }
}
