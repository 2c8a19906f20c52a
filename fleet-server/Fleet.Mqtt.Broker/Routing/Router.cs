using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Broker.Sessions;

namespace Fleet.Mqtt.Broker.Routing;

/// <summary>Brings one message to everybody it is for, and knows the rule for those who have no room.</summary>
internal sealed class Router(MqttBrokerOptions options, IMqttAuthorizer authorizer, RetainedMessages retained, BrokerMetrics metrics, TimeProvider time)
{
    /// <summary>
    /// Delivers. Null: done, with <paramref name="code"/> for the publisher. Otherwise these recipients are full and the publisher has to wait.
    /// </summary>
    public List<Recipient>? Route(StoredMessage message, RecipientSet recipients, MqttSession? publisher, FlushSet flush, out MqttReasonCode code)
    {
        code = MqttReasonCode.NoMatchingSubscribers;
        List<Recipient>? held = null;
        if (message.Retain && !retained.Set(message))
        {
            code = MqttReasonCode.QuotaExceeded;
        }

        foreach (var recipient in recipients.Direct)
        {
            if (recipient.NoLocal && message.Publisher is not null && string.Equals(recipient.Session.ClientId, message.Publisher, StringComparison.Ordinal))
            {
                continue;
            }

            Send(recipient, message, publisher, flush, ref code, ref held);
        }

        foreach (var group in recipients.Shared)
        {
            if (group.Choose(message.Topic, authorizer) is { } chosen)
            {
                Send(Recipient.Of(chosen), message, publisher, flush, ref code, ref held);
            }
        }

        return held;
    }

    /// <summary>Waits for the recipients to have room, one patience for all; then drops.</summary>
    public async ValueTask<MqttReasonCode> HoldAsync(List<Recipient> held, StoredMessage message, FlushSet flush)
    {
        var code = MqttReasonCode.Success;
        var start = time.GetTimestamp();
        metrics.Held();
        foreach (var recipient in held)
        {
            while (Deliver(recipient, message, flush) == DeliverOutcome.Full)
            {
                flush.Flush();
                var left = options.HoldPatience - time.GetElapsedTime(start);
                if (left <= TimeSpan.Zero || !await WaitAsync(recipient.Session, left))
                {
                    metrics.Dropped();
                    code = MqttReasonCode.QuotaExceeded;
                    break;
                }
            }
        }

        return code;
    }

    private static DeliverOutcome Deliver(in Recipient recipient, StoredMessage message, FlushSet flush)
    {
        var qos = message.Qos < recipient.Qos ? message.Qos : recipient.Qos;
        return recipient.Session.Deliver(message, qos, message.Retain && recipient.RetainAsPublished, recipient.Identifiers, flush);
    }

    private void Send(in Recipient recipient, StoredMessage message, MqttSession? publisher, FlushSet flush, ref MqttReasonCode code, ref List<Recipient>? held)
    {
        var outcome = Deliver(recipient, message, flush);
        if (code == MqttReasonCode.NoMatchingSubscribers)
        {
            code = MqttReasonCode.Success;
        }

        switch (outcome)
        {
            case DeliverOutcome.Sent or DeliverOutcome.Queued:
                metrics.Sent();
                break;
            case DeliverOutcome.Dropped:
                metrics.Dropped();
                break;
            case DeliverOutcome.Full:
                OnFull(recipient, message, publisher, flush, ref code, ref held);
                break;
            default:
                throw new InvalidOperationException($"Outcome {outcome} is not known.");
        }
    }

    private void OnFull(in Recipient recipient, StoredMessage message, MqttSession? publisher, FlushSet flush, ref MqttReasonCode code, ref List<Recipient>? held)
    {
        var session = recipient.Session;
        var rule = session.IsConnected ? options.Overflow : options.OfflineOverflow;
        if (rule == MqttOverflow.HoldPublisher && publisher is not null && publisher != session)
        {
            (held ??= []).Add(recipient);
            return;
        }

        metrics.Dropped();
        if (rule == MqttOverflow.DropOldest)
        {
            while (Deliver(recipient, message, flush) == DeliverOutcome.Full && session.DropOldest())
            {
                // One large message may take the place of several small ones.
            }

            return;
        }

        // Dropping the new one; also for who would wait for himself: his own acknowledgements are what makes room.
        code = MqttReasonCode.QuotaExceeded;
    }

    private async Task<bool> WaitAsync(MqttSession session, TimeSpan patience)
    {
        try
        {
            await session.WaitForRoomAsync().WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
