using System.Buffers;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Mqtt;
using Fleet.Mqtt.Broker.Access;
using Fleet.Server.Dispatch;
using Fleet.Server.Downlink;
using Fleet.Server.Ingest;
using Fleet.Server.Observe;
using Google.Protobuf;

namespace Fleet.Server.Gateway;

/// <summary>
/// Where what agents publish leaves MQTT: batches go to ingest, control messages to dispatch. The PUBACK waits for the commit; the cumulative
/// acknowledgement follows on the agent's own topic. Nothing is ever routed from agent to agent.
/// </summary>
public sealed class UplinkInterceptor(
    IUplinkIngest ingest, IAgentPresence presence, DownLane acknowledgements, ServerMetrics metrics, TimeProvider time, ILogger<UplinkInterceptor> logger)
    : IMqttPublishInterceptor
{
    /// <inheritdoc/>
    public async ValueTask<MqttPublishVerdict> OnPublishAsync(MqttInboundPublish publish, CancellationToken cancellationToken)
    {
        if (!LinkTopic.TryParse(publish.Topic, out var topic))
        {
            return MqttPublishVerdict.Refuse(MqttReasonCode.NotAuthorized);
        }

        try
        {
            return topic.Channel switch
            {
                LinkChannel.Up => await StoreAsync(topic, publish, cancellationToken),
                LinkChannel.Control => await HearAsync(topic, publish, cancellationToken),
                LinkChannel.Ack or LinkChannel.Command or LinkChannel.Cancel or LinkChannel.Verdict or LinkChannel.Heartbeat or LinkChannel.Trust or LinkChannel.Certificate =>
                    MqttPublishVerdict.Refuse(MqttReasonCode.NotAuthorized),
                _ => throw new InvalidOperationException($"no such channel: {topic.Channel}"),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            metrics.BatchFailed();
            GatewayLog.NotStored(logger, e, topic.Terminal.Value, publish.Topic);
            return MqttPublishVerdict.Refuse(MqttReasonCode.UnspecifiedError);
        }
    }

    private async ValueTask<MqttPublishVerdict> StoreAsync(LinkTopic topic, MqttInboundPublish publish, CancellationToken cancellationToken)
    {
        if (!TryParse(UplinkBatch.Parser, publish, out var batch))
        {
            return MqttPublishVerdict.Refuse(MqttReasonCode.PayloadFormatInvalid);
        }

        var start = time.GetTimestamp();
        var acknowledgement = await ingest.SubmitAsync(topic.Terminal, batch, cancellationToken);
        metrics.BatchAnswered(acknowledgement.Verdict, batch.Entries.Count, time.GetElapsedTime(start));
        await acknowledgements.PostAsync(topic.Terminal, LinkChannel.Ack, acknowledgement.ToByteArray(), cancellationToken);
        return MqttPublishVerdict.Consumed;
    }

    private async ValueTask<MqttPublishVerdict> HearAsync(LinkTopic topic, MqttInboundPublish publish, CancellationToken cancellationToken)
    {
        if (!TryParse(AgentControl.Parser, publish, out var control))
        {
            return MqttPublishVerdict.Refuse(MqttReasonCode.PayloadFormatInvalid);
        }

        await presence.ControlAsync(topic.Terminal, control, cancellationToken);
        return MqttPublishVerdict.Consumed;
    }

    // Parsing copies: the payload is only lent.
    private bool TryParse<T>(MessageParser<T> parser, MqttInboundPublish publish, out T message)
        where T : class, IMessage<T>, new()
    {
        try
        {
            message = parser.ParseFrom(new ReadOnlySequence<byte>(publish.Payload));
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            GatewayLog.Malformed(logger, publish.Client.Identity.Name, publish.Topic, publish.Payload.Length, typeof(T).Name);
            message = new T();
            return false;
        }
    }
}
