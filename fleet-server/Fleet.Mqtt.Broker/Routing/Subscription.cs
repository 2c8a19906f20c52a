using Fleet.Mqtt.Broker.Sessions;

namespace Fleet.Mqtt.Broker.Routing;

/// <summary>One subscription of one session. Replaced as a whole when the client subscribes again.</summary>
internal sealed class Subscription(MqttSession session, MqttSubscription request, uint identifier)
{
    public MqttSession Session => session;

    public MqttSubscription Request => request;

    /// <summary>0: none.</summary>
    public uint Identifier => identifier;
}

/// <summary>What one session is owed for one topic: all its subscriptions that match, taken together [MQTT-3.3.4-2].</summary>
internal readonly record struct Recipient(MqttSession Session, MqttQos Qos, bool NoLocal, bool RetainAsPublished, uint[] Identifiers)
{
    public static Recipient Of(Subscription subscription) => new(
        subscription.Session,
        subscription.Request.Qos,
        subscription.Request.NoLocal,
        subscription.Request.RetainAsPublished,
        subscription.Identifier == 0 ? [] : [subscription.Identifier]);

    /// <summary>The highest QoS of both; every identifier [MQTT-3.3.4-4]; No Local only when both say so.</summary>
    public Recipient And(Subscription other) => new(
        Session,
        other.Request.Qos > Qos ? other.Request.Qos : Qos,
        NoLocal && other.Request.NoLocal,
        RetainAsPublished || other.Request.RetainAsPublished,
        other.Identifier == 0 ? Identifiers : [.. Identifiers, other.Identifier]);
}

/// <summary>Everybody for one topic.</summary>
internal sealed class RecipientSet(Recipient[] direct, SharedGroup[] shared)
{
    public static RecipientSet Empty { get; } = new([], []);

    public Recipient[] Direct => direct;

    public SharedGroup[] Shared => shared;

    public bool IsEmpty => direct.Length == 0 && shared.Length == 0;
}
