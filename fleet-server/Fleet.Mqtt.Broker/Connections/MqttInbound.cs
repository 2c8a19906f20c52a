using System.Buffers;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>What a connected client sends. Called by the connection's read loop only; decided acknowledgements come back from anywhere.</summary>
internal sealed class MqttInbound(MqttBroker broker, MqttConnection connection, MqttSession session, MqttClientInfo client)
{
    private TopicCache? _topics;
    private InboundAcknowledgements? _acknowledgements;
    private TopicEntry?[]? _aliases;

    private InboundAcknowledgements Acknowledgements => _acknowledgements ??= new InboundAcknowledgements(broker, connection, session);

    private TopicCache Topics => _topics ??= new TopicCache(broker);

    private MqttVersion Version => connection.Output.Version;

    /// <summary>PUBLISH (3.3). Not completed at once: the next packet has to wait.</summary>
    public ValueTask OnPublish(in MqttFrame frame, FlushSet flush)
    {
        if (frame.Body.IsSingleSegment)
        {
            return OnPublish(frame.Header, frame.Body.FirstSpan, flush);
        }

        var length = (int)frame.Body.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            frame.Body.CopyTo(copy);
            return OnPublish(frame.Header, copy.AsSpan(0, length), flush);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <summary>PUBACK, PUBREC, PUBREL, PUBCOMP (3.4 to 3.7).</summary>
    public void OnAcknowledgement(in MqttFrame frame, FlushSet flush)
    {
        MqttDecoder.CheckFlags(frame.Type, frame.Header);
        var code = MqttReasonCode.Success;
        if (!MqttDecoder.TryDecodeShortAck(frame.Body.FirstSpan, out var packetId) || frame.Body.Length != 2)
        {
            var packet = (PublishAckPacket)frame.Decode(Version, broker.Limits);
            (packetId, code) = (packet.PacketId, packet.ReasonCode);
        }

        if (frame.Type == MqttPacketType.PubRel)
        {
            Acknowledgements.Release(packetId);
        }
        else if (!session.OnAcknowledged(frame.Type, packetId, code, flush) && frame.Type == MqttPacketType.PubRec && !code.IsFailure())
        {
            connection.Output.WriteAck(MqttPacketType.PubRel, packetId, broker.Answers.UnknownPacketId);
        }
    }

    private ValueTask OnPublish(byte header, ReadOnlySpan<byte> body, FlushSet flush)
    {
        var view = MqttDecoder.DecodePublish(header, body, Version, broker.Limits);
        broker.Answers.CheckFromClient(view);
        var topic = Resolve(view);
        if (view.Qos > broker.Options.MaximumQos)
        {
            throw new MqttProtocolException(MqttReasonCode.QosNotSupported, $"QoS {view.Qos} is not supported [MQTT-3.2.2-12].");
        }

        if (view.Retain && !broker.Options.RetainAvailable)
        {
            throw new MqttProtocolException(MqttReasonCode.RetainNotSupported, "Retained messages are not supported [MQTT-3.2.2-14].");
        }

        if (view.Qos == MqttQos.ExactlyOnce && !session.Receive(view.PacketId))
        {
            Acknowledgements.Repeat(view.PacketId);
            return ValueTask.CompletedTask;
        }

        var entry = view.Qos == MqttQos.AtMostOnce ? null : Acknowledgements.Note(view.Qos, view.PacketId);
        if (!(view.Retain ? topic.MayRetain : topic.MayPublish))
        {
            BrokerLog.PublishRefused(broker.Logger, client.ClientId, topic.Text);
            Finish(entry, MqttReasonCode.NotAuthorized);
            return ValueTask.CompletedTask;
        }

        var done = broker.Interceptor is null ? Route(view, topic, entry, flush) : Intercept(view, topic, entry, flush);
        return done.IsCompletedSuccessfully && entry is not null ? new ValueTask(Acknowledgements.WaitForRoomAsync()) : done;
    }

    private ValueTask Route(in PublishView view, TopicEntry topic, OrderedAcknowledgements.Entry? entry, FlushSet flush)
    {
        if (topic.Recipients.IsEmpty && !view.Retain)
        {
            Finish(entry, MqttReasonCode.NoMatchingSubscribers);
            return ValueTask.CompletedTask;
        }

        var message = new StoredMessage
        {
            TopicBytes = topic.Utf8,
            Topic = topic.Text,
            Payload = view.Payload.ToArray(),
            Qos = view.Qos,
            Retain = view.Retain,
            Properties = StoredMessage.Forwarded(view.Properties),
            ExpiresAt = StoredMessage.Expiry(view.Properties?.MessageExpiryInterval, broker.Clock.Now),
            Publisher = client.ClientId,
        };
        return Route(message, topic.Recipients, entry, flush);
    }

    private ValueTask Route(StoredMessage message, RecipientSet recipients, OrderedAcknowledgements.Entry? entry, FlushSet flush)
    {
        var held = broker.Router.Route(message, recipients, session, flush, out var code);
        if (held is null)
        {
            Finish(entry, code);
            return ValueTask.CompletedTask;
        }

        return HoldAsync(held, message, entry, flush);
    }

    private async ValueTask HoldAsync(List<Recipient> held, StoredMessage message, OrderedAcknowledgements.Entry? entry, FlushSet flush)
    {
        flush.Flush();
        var code = await broker.Router.HoldAsync(held, message, flush);
        Finish(entry, code);
    }

    private ValueTask Intercept(in PublishView view, TopicEntry topic, OrderedAcknowledgements.Entry? entry, FlushSet flush)
    {
        var payload = ArrayPool<byte>.Shared.Rent(view.Payload.Length);
        view.Payload.CopyTo(payload);
        var publish = new MqttInboundPublish(
            client, topic.Text, payload.AsMemory(0, view.Payload.Length), view.Qos, view.Retain, view.Duplicate, view.Properties);
        var verdict = Ask(publish);
        if (verdict.IsCompletedSuccessfully)
        {
            return DecideNow(verdict.Result, publish, topic, payload, entry);
        }

        var later = DecideAsync(verdict, publish, topic, payload, entry);
        return entry is null || later.IsCompleted ? new ValueTask(later) : ValueTask.CompletedTask;
    }

    private ValueTask<MqttPublishVerdict> Ask(in MqttInboundPublish publish)
    {
        try
        {
            return broker.Interceptor!.OnPublishAsync(publish, broker.Stopping);
        }
        catch (Exception error)
        {
            return ValueTask.FromException<MqttPublishVerdict>(error);
        }
    }

    private ValueTask DecideNow(
        MqttPublishVerdict verdict, in MqttInboundPublish publish, TopicEntry topic, byte[] payload, OrderedAcknowledgements.Entry? entry)
    {
        if (verdict.IsRouted)
        {
            return new ValueTask(DecideAsync(ValueTask.FromResult(verdict), publish, topic, payload, entry));
        }

        ArrayPool<byte>.Shared.Return(payload);
        Finish(entry, verdict.ReasonCode);
        return ValueTask.CompletedTask;
    }

    private async Task DecideAsync(
        ValueTask<MqttPublishVerdict> pending, MqttInboundPublish publish, TopicEntry topic, byte[] payload, OrderedAcknowledgements.Entry? entry)
    {
        var code = MqttReasonCode.UnspecifiedError;
        try
        {
            var verdict = await pending;
            code = verdict.ReasonCode;
            if (verdict.IsRouted)
            {
                code = await RouteInterceptedAsync(publish, topic);
            }
        }
        catch (Exception error)
        {
            BrokerLog.InterceptorFailed(broker.Logger, error, client.ClientId, topic.Text);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(payload);
        }

        Finish(entry, code);
        connection.Output.FlushSoon();
    }

    private async ValueTask<MqttReasonCode> RouteInterceptedAsync(MqttInboundPublish publish, TopicEntry topic)
    {
        var message = new StoredMessage
        {
            TopicBytes = topic.Utf8,
            Topic = topic.Text,
            Payload = publish.Payload.ToArray(),
            Qos = publish.Qos,
            Retain = publish.Retain,
            Properties = StoredMessage.Forwarded(publish.Properties),
            ExpiresAt = StoredMessage.Expiry(publish.Properties?.MessageExpiryInterval, broker.Clock.Now),
            Publisher = client.ClientId,
        };
        var flush = new FlushSet();
        var held = broker.Router.Route(message, topic.Recipients, session, flush, out var code);
        flush.Flush();
        if (held is not null)
        {
            code = await broker.Router.HoldAsync(held, message, flush);
            flush.Flush();
        }

        return code;
    }

    private TopicEntry Resolve(in PublishView view)
    {
        if (view.Properties?.TopicAlias is not { } alias)
        {
            return Topics.Find(view.Topic, client);
        }

        if (alias > broker.Options.TopicAliasMaximum)
        {
            throw new MqttProtocolException(MqttReasonCode.TopicAliasInvalid, $"Topic Alias {alias}; {broker.Options.TopicAliasMaximum} are allowed [MQTT-3.3.2-9].");
        }

        _aliases ??= new TopicEntry?[broker.Options.TopicAliasMaximum + 1];
        if (!view.Topic.IsEmpty)
        {
            return _aliases[alias] = Topics.Find(view.Topic, client);
        }

        var known = _aliases[alias] ?? throw MqttProtocolException.Violation($"Topic Alias {alias} has no topic (3.3.2.3.4).");
        return Topics.Find(known.Utf8, client);
    }

    /// <summary>Any thread. Null: QoS 0, there is nobody to tell.</summary>
    private void Finish(OrderedAcknowledgements.Entry? entry, MqttReasonCode code)
    {
        if (entry is not null)
        {
            _acknowledgements!.Finish(entry, code);
        }
    }
}
