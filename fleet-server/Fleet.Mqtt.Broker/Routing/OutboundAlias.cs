namespace Fleet.Mqtt.Broker.Routing;

/// <summary>Topic alias of one message to one client; 0: none. Known: the client has the topic already and it is left out.</summary>
internal readonly record struct OutboundAlias(ushort Number, bool IsKnown);

/// <summary>Aliases that the broker uses towards one client, for the topics that come first [MQTT-3.1.2-26] [MQTT-3.1.2-27]. Guarded by the output's lock.</summary>
internal sealed class OutboundAliases(ushort maximum)
{
    /// <summary>Most clients receive on a handful of topics.</summary>
    private const int Places = 64;

    private readonly Dictionary<string, ushort> _numbers = new(StringComparer.Ordinal);

    public OutboundAlias For(string topic)
    {
        if (_numbers.TryGetValue(topic, out var number))
        {
            return new OutboundAlias(number, IsKnown: true);
        }

        if (_numbers.Count >= Math.Min((int)maximum, Places))
        {
            return default;
        }

        number = (ushort)(_numbers.Count + 1);
        _numbers.Add(topic, number);
        return new OutboundAlias(number, IsKnown: false);
    }
}
