using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Access;

/// <summary>
/// Sees each PUBLISH that a client was allowed to send, before it is routed. PUBACK or PUBREC waits for the returned task: this is where an
/// acknowledgement is held until a commit. Acknowledgements leave in the order of arrival; many calls of one connection run side by side, up to
/// <see cref="MqttBrokerOptions.ReceiveMaximum"/>, one at a time for QoS 0.
/// </summary>
public interface IMqttPublishInterceptor
{
    /// <summary>Decides about one message. An exception refuses it with 0x80.</summary>
    /// <param name="publish">Its payload is valid until the returned task completes.</param>
    /// <param name="cancellationToken">Cancelled when the broker is disposed; not when the client goes.</param>
    ValueTask<MqttPublishVerdict> OnPublishAsync(MqttInboundPublish publish, CancellationToken cancellationToken);
}

/// <summary>A PUBLISH from a client.</summary>
/// <param name="Client">Who sent it.</param>
/// <param name="Topic">Topic name, aliases resolved.</param>
/// <param name="Payload">Lent until the interceptor's task completes; copy what is to be kept.</param>
/// <param name="Qos">As sent.</param>
/// <param name="Retain">As sent.</param>
/// <param name="Duplicate">DUP flag.</param>
/// <param name="Properties">Null without any.</param>
public readonly record struct MqttInboundPublish(
    MqttClientInfo Client, string Topic, ReadOnlyMemory<byte> Payload, MqttQos Qos, bool Retain, bool Duplicate, MqttProperties? Properties);

/// <summary>What becomes of a PUBLISH.</summary>
/// <param name="IsRouted">True: on to the subscribers.</param>
/// <param name="ReasonCode">Of the acknowledgement, when it is not routed.</param>
public readonly record struct MqttPublishVerdict(bool IsRouted, MqttReasonCode ReasonCode)
{
    /// <summary>Not the interceptor's business: on to the subscribers. Decide so without waiting, or messages overtake each other.</summary>
    public static MqttPublishVerdict Route => new(IsRouted: true, MqttReasonCode.Success);

    /// <summary>Done with: acknowledged, seen by no subscriber.</summary>
    public static MqttPublishVerdict Consumed => new(IsRouted: false, MqttReasonCode.Success);

    /// <summary>Acknowledged with a failure. A 3.1.1 client, which has no such acknowledgement, is disconnected.</summary>
    public static MqttPublishVerdict Refuse(MqttReasonCode reasonCode) => new(IsRouted: false, reasonCode);
}
