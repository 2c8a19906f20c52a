using System.Threading.Channels;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>The receiving side of a client: aliases, QoS 2, and acknowledgements in order.</summary>
internal sealed class MqttClientInbound(MqttClientOptions options, MqttClientSession session, MqttClientSender sender, ChannelWriter<MqttIncoming> incoming)
{
    private readonly Lock _lock = new();
    private readonly OrderedAcknowledgements _acknowledgements = new();
    private readonly string?[] _aliases = new string?[options.TopicAliasMaximum + 1];
    private int _unacknowledged;

    /// <summary>PUBLISH. Completes when the caller has room for the message; one that he has already is not given to him again.</summary>
    public ValueTask OnPublishAsync(PublishPacket packet, CancellationToken cancellationToken)
    {
        var topic = ResolveTopic(packet);
        if (packet.Qos != MqttQos.AtMostOnce && !Note(packet))
        {
            return ValueTask.CompletedTask;
        }

        var message = new MqttIncoming(MqttMessage.FromPublish(packet, topic), packet.PacketId, packet.Duplicate, packet.Properties?.SubscriptionIdentifiers);
        return incoming.TryWrite(message) ? ValueTask.CompletedTask : incoming.WriteAsync(message, cancellationToken);
    }

    public void Acknowledge(ushort packetId, MqttReasonCode reasonCode)
    {
        lock (_lock)
        {
            _acknowledgements.FindUndecided(packetId)?.Decide(reasonCode);
            while (_acknowledgements.TryTake(out var entry))
            {
                sender.SendAck(entry.Answer, entry.PacketId, entry.ReasonCode);
                if (entry.Answer == MqttPacketType.PubAck)
                {
                    _unacknowledged--;
                }
                else if (entry.ReasonCode.IsFailure())
                {
                    _unacknowledged--;
                    session.ReleaseReceived(entry.PacketId);
                }
            }
        }
    }

    /// <summary>PUBREL: the identifier is free again [MQTT-4.3.3-11].</summary>
    public void Release(PublishAckPacket packet)
    {
        lock (_lock)
        {
            var known = session.ReleaseReceived(packet.PacketId);
            _unacknowledged -= known && _unacknowledged > 0 ? 1 : 0;
            sender.SendAck(MqttPacketType.PubComp, packet.PacketId, known ? MqttReasonCode.Success : MqttReasonCode.PacketIdentifierNotFound);
        }
    }

    private bool Note(PublishPacket packet)
    {
        lock (_lock)
        {
            var answer = packet.Qos == MqttQos.AtLeastOnce ? MqttPacketType.PubAck : MqttPacketType.PubRec;
            if (answer == MqttPacketType.PubRec && !session.Receive(packet.PacketId))
            {
                if (_acknowledgements.FindUndecided(packet.PacketId) is null)
                {
                    sender.SendAck(MqttPacketType.PubRec, packet.PacketId, MqttReasonCode.Success);
                }

                return false;
            }

            if (++_unacknowledged > options.ReceiveMaximum)
            {
                throw new MqttProtocolException(MqttReasonCode.ReceiveMaximumExceeded, "The server sent more than Receive Maximum allows [MQTT-3.3.4-9].");
            }

            _acknowledgements.Add(answer, packet.PacketId);
            return true;
        }
    }

    private string ResolveTopic(PublishPacket packet)
    {
        if (packet.Properties?.TopicAlias is not { } alias)
        {
            return packet.Topic;
        }

        if (alias > options.TopicAliasMaximum)
        {
            throw new MqttProtocolException(MqttReasonCode.TopicAliasInvalid, $"Topic Alias {alias}; {options.TopicAliasMaximum} are allowed [MQTT-3.1.2-26].");
        }

        if (packet.Topic.Length > 0)
        {
            _aliases[alias] = packet.Topic;
        }

        return _aliases[alias] ?? throw MqttProtocolException.Violation($"Topic Alias {alias} has no topic (3.3.2.3.4).");
    }
}
