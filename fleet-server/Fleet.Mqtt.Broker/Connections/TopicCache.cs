using System.Text;
using Fleet.Mqtt.Broker.Routing;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>A topic that a connection publishes to, with all that was found out about it. Stale once the tree's version moves on.</summary>
internal sealed class TopicEntry(byte[] utf8, string text)
{
    public byte[] Utf8 => utf8;

    public string Text => text;

    public int Version { get; set; } = int.MinValue;

    public bool MayPublish { get; set; }

    public bool MayRetain { get; set; }

    public RecipientSet Recipients { get; set; } = RecipientSet.Empty;
}

/// <summary>
/// The last topics of one connection: most publish to one or two, and neither the text nor the rights nor the recipients are worked out again for each
/// message. Owned by the connection's read loop.
/// </summary>
internal sealed class TopicCache(MqttBroker broker)
{
    private const int Places = 4;

    private readonly TopicEntry?[] _entries = new TopicEntry?[Places];
    private int _next;

    /// <summary>The entry, up to date.</summary>
    /// <exception cref="MqttProtocolException">The topic is longer or deeper than allowed (0x90).</exception>
    public TopicEntry Find(ReadOnlySpan<byte> utf8, MqttClientInfo client)
    {
        var version = broker.Subscriptions.Version;
        var entry = Cached(utf8) ?? Add(utf8);
        if (entry.Version != version)
        {
            entry.MayPublish = broker.Authorizer.MayPublish(client, entry.Text, retain: false);
            entry.MayRetain = broker.Options.RetainAvailable && broker.Authorizer.MayPublish(client, entry.Text, retain: true);
            entry.Recipients = broker.Subscriptions.Find(entry.Text);
            entry.Version = version;
        }

        return entry;
    }

    private TopicEntry? Cached(ReadOnlySpan<byte> utf8)
    {
        foreach (var entry in _entries)
        {
            if (entry is not null && utf8.SequenceEqual(entry.Utf8))
            {
                return entry;
            }
        }

        return null;
    }

    private TopicEntry Add(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > broker.Options.MaximumTopicLength || utf8.Count((byte)'/') >= broker.Options.MaximumTopicLevels)
        {
            throw new MqttProtocolException(MqttReasonCode.TopicNameInvalid, "Topic Name is longer or deeper than this broker allows.");
        }

        var text = Encoding.UTF8.GetString(utf8);
        if (!MqttTopic.IsValidName(text))
        {
            throw MqttProtocolException.Malformed("Not a topic name [MQTT-4.7.1-1].");
        }

        var entry = new TopicEntry(utf8.ToArray(), text);
        _entries[_next] = entry;
        _next = (_next + 1) % Places;
        return entry;
    }
}
