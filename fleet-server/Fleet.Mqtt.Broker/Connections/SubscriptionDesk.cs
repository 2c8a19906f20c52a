using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Broker.Sessions;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>SUBSCRIBE and UNSUBSCRIBE of every connection: what is granted, and the retained messages that follow. Holds nothing of its own.</summary>
internal sealed class SubscriptionDesk(MqttBroker broker)
{
    /// <summary>SUBSCRIBE (3.8).</summary>
    public void OnSubscribe(MqttConnection connection, MqttSession session, SubscribePacket packet, FlushSet flush)
    {
        var identifier = packet.Properties?.SubscriptionIdentifiers?[0] ?? 0;
        if (identifier != 0 && !broker.Options.SubscriptionIdentifiersAvailable)
        {
            throw new MqttProtocolException(MqttReasonCode.SubscriptionIdentifiersNotSupported, "Subscription Identifiers are not available (3.2.2.3.12).");
        }

        CheckAnswerFits(connection, packet.Subscriptions.Count);
        var codes = new MqttReasonCode[packet.Subscriptions.Count];
        List<(Subscription Subscription, bool IsNew)> made = [];
        for (var i = 0; i < codes.Length; i++)
        {
            codes[i] = Subscribe(session, packet.Subscriptions[i], identifier, made);
        }

        connection.Output.Write(new SubAckPacket { PacketId = packet.PacketId, ReasonCodes = codes });
        foreach (var (subscription, isNew) in made)
        {
            SendRetained(session, subscription, isNew, flush);
        }
    }

    /// <summary>UNSUBSCRIBE (3.10).</summary>
    public void OnUnsubscribe(MqttConnection connection, MqttSession session, UnsubscribePacket packet)
    {
        CheckAnswerFits(connection, packet.Filters.Count);
        var codes = new MqttReasonCode[packet.Filters.Count];
        for (var i = 0; i < codes.Length; i++)
        {
            var filter = packet.Filters[i];
            broker.Answers.CheckShare(filter);
            var removed = session.Unsubscribe(filter) && broker.Subscriptions.Remove(session, filter);
            codes[i] = removed ? MqttReasonCode.Success : MqttReasonCode.NoSubscriptionExisted;
        }

        connection.Output.Write(new UnsubAckPacket { PacketId = packet.PacketId, ReasonCodes = codes });
    }

    /// <summary>
    /// [MQTT-3.1.2-24]: an acknowledgement has a code for each filter and cannot be made shorter. Asked before anything is granted; a client that
    /// waits for ever would be worse off than one that is told.
    /// </summary>
    private static void CheckAnswerFits(MqttConnection connection, int filters)
    {
        const int IdentifierAndProperties = 3;
        var remaining = IdentifierAndProperties + filters;
        if (1 + MqttWriter.VariableLength((uint)remaining) + remaining > connection.MaximumPacketSize)
        {
            throw new MqttProtocolException(MqttReasonCode.PacketTooLarge, $"The acknowledgement of {filters} filters does not fit into the {connection.MaximumPacketSize} bytes that the client accepts [MQTT-3.1.2-24].");
        }
    }

    private MqttReasonCode Subscribe(MqttSession session, in MqttSubscription request, uint identifier, List<(Subscription Subscription, bool IsNew)> made)
    {
        broker.Answers.CheckShare(request.Filter);
        if (Refusal(session, request) is { } refusal)
        {
            return refusal;
        }

        var granted = request with { Qos = request.Qos < broker.Options.MaximumQos ? request.Qos : broker.Options.MaximumQos };
        if (session.Subscribe(granted, identifier) is not { } subscription)
        {
            return MqttReasonCode.QuotaExceeded;
        }

        var existed = broker.Subscriptions.Set(subscription);
        made.Add((subscription, !existed));
        return (MqttReasonCode)granted.Qos;
    }

    private MqttReasonCode? Refusal(MqttSession session, in MqttSubscription request)
    {
        var filter = request.Filter;
        if (!MqttTopic.IsValidFilter(filter) || filter.Length > broker.Options.MaximumTopicLength || MqttTopic.Levels(filter) > broker.Options.MaximumTopicLevels)
        {
            return MqttReasonCode.TopicFilterInvalid;
        }

        if (!broker.Options.SharedSubscriptionsAvailable && MqttTopic.IsShared(filter))
        {
            return MqttReasonCode.SharedSubscriptionsNotSupported;
        }

        if (!broker.Options.WildcardSubscriptionsAvailable && filter.AsSpan().IndexOfAny('+', '#') >= 0)
        {
            return MqttReasonCode.WildcardSubscriptionsNotSupported;
        }

        return broker.Authorizer.MaySubscribe(session.Client, filter) ? null : MqttReasonCode.NotAuthorized;
    }

    private void SendRetained(MqttSession session, Subscription subscription, bool isNew, FlushSet flush)
    {
        var handling = subscription.Request.RetainHandling;
        if (handling == MqttRetainHandling.DoNotSend || (handling == MqttRetainHandling.SendIfNew && !isNew) || MqttTopic.IsShared(subscription.Request.Filter))
        {
            return;
        }

        var recipient = Recipient.Of(subscription);
        foreach (var message in broker.Retained.Find(subscription.Request.Filter, broker.Clock.Now))
        {
            if (broker.Authorizer.MayReceive(session.Client, message.Topic) && !(recipient.NoLocal && string.Equals(message.Publisher, session.ClientId, StringComparison.Ordinal)))
            {
                var qos = message.Qos < recipient.Qos ? message.Qos : recipient.Qos;
                session.Deliver(message, qos, retain: true, recipient.Identifiers, flush);
            }
        }
    }
}
