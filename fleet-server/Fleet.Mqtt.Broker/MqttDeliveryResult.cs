namespace Fleet.Mqtt.Broker;

/// <summary>What became of a message to one client.</summary>
public enum MqttDelivery
{
    /// <summary>QoS 1, 2: the client acknowledged it with success. QoS 0: it was written to the connection.</summary>
    Delivered,

    /// <summary>The client acknowledged it with the failure in the result.</summary>
    Refused,

    /// <summary>No such client is connected; nothing was kept.</summary>
    NotConnected,

    /// <summary>The connection ended before the acknowledgement: it may or may not have arrived. It is not sent again.</summary>
    ConnectionLost,

    /// <summary>The client's queue is full, or the packet is larger than it accepts; nothing was sent.</summary>
    NoRoom,

    /// <summary>The message expired before it could be sent.</summary>
    Expired,
}

/// <summary>End of one message to one client.</summary>
public readonly record struct MqttDeliveryResult(MqttDelivery Delivery, MqttReasonCode ReasonCode = MqttReasonCode.Success);
