namespace Fleet.Mqtt.Broker.Access;

/// <summary>Who a connection belongs to, as the authenticator found out. The product may derive its own.</summary>
public class MqttIdentity(string name)
{
    /// <summary>A session is resumed or taken over only by the same name.</summary>
    public string Name { get; } = name;
}
