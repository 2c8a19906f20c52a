using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>
/// Aliases for the topics that are published first; a connection publishes to few. Owned by one connection, guarded by its publish lock
/// [MQTT-3.3.2-7].
/// </summary>
internal sealed class MqttTopicAliases(ushort maximum)
{
    private readonly Dictionary<string, ushort> _aliases = new(StringComparer.Ordinal);

    /// <summary>Topic and properties as they go onto the wire.</summary>
    public (string Topic, MqttProperties? Properties) Apply(string topic, MqttProperties? properties)
    {
        if (_aliases.TryGetValue(topic, out var alias))
        {
            properties ??= new MqttProperties();
            properties.TopicAlias = alias;
            return (string.Empty, properties);
        }

        if (_aliases.Count < maximum)
        {
            alias = (ushort)(_aliases.Count + 1);
            _aliases.Add(topic, alias);
            properties ??= new MqttProperties();
            properties.TopicAlias = alias;
        }

        return (topic, properties);
    }
}
