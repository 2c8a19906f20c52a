namespace Fleet.Mqtt;

/// <summary>Protocol level of a connection, as it stands in CONNECT.</summary>
public enum MqttVersion : byte
{
    /// <summary>MQTT 3.1, protocol name <c>MQIsdp</c>. Accepted by the broker only.</summary>
    V31 = 3,

    /// <summary>MQTT 3.1.1.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V5 = 5,
}
