using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>One message on its way to one session. Guarded by the session's gate.</summary>
internal sealed class Delivery(StoredMessage message, MqttQos qos, bool retain, uint[] identifiers, TaskCompletionSource<MqttDeliveryResult>? completion)
{
    public StoredMessage Message => message;

    public MqttQos Qos => qos;

    public bool Retain => retain;

    public uint[] Identifiers => identifiers;

    /// <summary>Not null: the server itself sent it and waits; it lives no longer than the connection.</summary>
    public TaskCompletionSource<MqttDeliveryResult>? Completion => completion;

    public ushort PacketId { get; set; }

    public long Order { get; set; }

    /// <summary>Sent on the current connection and not finished: it counts against the client's Receive Maximum.</summary>
    public bool IsOnWire { get; set; }

    /// <summary>PUBACK, PUBREC or PUBCOMP.</summary>
    public MqttPacketType Awaits { get; set; } = qos == MqttQos.ExactlyOnce ? MqttPacketType.PubRec : MqttPacketType.PubAck;

    public void Complete(MqttDelivery delivery, MqttReasonCode code = MqttReasonCode.Success) =>
        completion?.TrySetResult(new MqttDeliveryResult(delivery, code));
}

/// <summary>What <see cref="MqttSession.Deliver"/> did with a message.</summary>
internal enum DeliverOutcome
{
    Sent,
    Queued,

    /// <summary>QoS 0 without connection or to one that does not read; or too large for the client.</summary>
    Dropped,

    /// <summary>The queue is full; nothing was done.</summary>
    Full,
}
