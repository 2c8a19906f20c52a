using Fleet.Mqtt.Broker.Routing;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>A will and when it is due (3.1.2.5, 3.1.3.2.2).</summary>
internal sealed record Will(StoredMessage Message, MqttClientInfo Client, uint DelaySeconds);
