namespace Fleet.Mqtt;

/// <summary>A name-value pair (MQTT 5.0, 3.3.2.3.7). Names may repeat; order is kept.</summary>
public readonly record struct MqttUserProperty(string Name, string Value);
