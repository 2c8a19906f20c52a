using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Codec;

/// <summary>Where a set of properties stands: a packet type, or the will inside CONNECT.</summary>
[Flags]
internal enum PropertyScope
{
    None = 0,
    Connect = 1 << MqttPacketType.Connect,
    ConnAck = 1 << MqttPacketType.ConnAck,
    Publish = 1 << MqttPacketType.Publish,
    PubAck = 1 << MqttPacketType.PubAck,
    PubRec = 1 << MqttPacketType.PubRec,
    PubRel = 1 << MqttPacketType.PubRel,
    PubComp = 1 << MqttPacketType.PubComp,
    Subscribe = 1 << MqttPacketType.Subscribe,
    SubAck = 1 << MqttPacketType.SubAck,
    Unsubscribe = 1 << MqttPacketType.Unsubscribe,
    UnsubAck = 1 << MqttPacketType.UnsubAck,
    Disconnect = 1 << MqttPacketType.Disconnect,
    Auth = 1 << MqttPacketType.Auth,
    Will = 1 << 16,
    Acknowledgements = PubAck | PubRec | PubRel | PubComp | SubAck | UnsubAck,
    All = Connect | ConnAck | Publish | Acknowledgements | Subscribe | Unsubscribe | Disconnect | Auth | Will,
}

/// <summary>Table 2-4 of MQTT 5.0: which property may stand where.</summary>
internal static class MqttPropertyTable
{
    public static PropertyScope Scope(MqttPropertyId id) => id switch
    {
        MqttPropertyId.PayloadFormatIndicator => PropertyScope.Publish | PropertyScope.Will,
        MqttPropertyId.MessageExpiryInterval => PropertyScope.Publish | PropertyScope.Will,
        MqttPropertyId.ContentType => PropertyScope.Publish | PropertyScope.Will,
        MqttPropertyId.ResponseTopic => PropertyScope.Publish | PropertyScope.Will,
        MqttPropertyId.CorrelationData => PropertyScope.Publish | PropertyScope.Will,
        MqttPropertyId.SubscriptionIdentifier => PropertyScope.Publish | PropertyScope.Subscribe,
        MqttPropertyId.SessionExpiryInterval => PropertyScope.Connect | PropertyScope.ConnAck | PropertyScope.Disconnect,
        MqttPropertyId.AssignedClientIdentifier => PropertyScope.ConnAck,
        MqttPropertyId.ServerKeepAlive => PropertyScope.ConnAck,
        MqttPropertyId.AuthenticationMethod => PropertyScope.Connect | PropertyScope.ConnAck | PropertyScope.Auth,
        MqttPropertyId.AuthenticationData => PropertyScope.Connect | PropertyScope.ConnAck | PropertyScope.Auth,
        MqttPropertyId.RequestProblemInformation => PropertyScope.Connect,
        MqttPropertyId.WillDelayInterval => PropertyScope.Will,
        MqttPropertyId.RequestResponseInformation => PropertyScope.Connect,
        MqttPropertyId.ResponseInformation => PropertyScope.ConnAck,
        MqttPropertyId.ServerReference => PropertyScope.ConnAck | PropertyScope.Disconnect,
        MqttPropertyId.ReasonString => PropertyScope.ConnAck | PropertyScope.Acknowledgements | PropertyScope.Disconnect | PropertyScope.Auth,
        MqttPropertyId.ReceiveMaximum => PropertyScope.Connect | PropertyScope.ConnAck,
        MqttPropertyId.TopicAliasMaximum => PropertyScope.Connect | PropertyScope.ConnAck,
        MqttPropertyId.TopicAlias => PropertyScope.Publish,
        MqttPropertyId.MaximumQos => PropertyScope.ConnAck,
        MqttPropertyId.RetainAvailable => PropertyScope.ConnAck,
        MqttPropertyId.UserProperty => PropertyScope.All,
        MqttPropertyId.MaximumPacketSize => PropertyScope.Connect | PropertyScope.ConnAck,
        MqttPropertyId.WildcardSubscriptionAvailable => PropertyScope.ConnAck,
        MqttPropertyId.SubscriptionIdentifierAvailable => PropertyScope.ConnAck,
        MqttPropertyId.SharedSubscriptionAvailable => PropertyScope.ConnAck,
        _ => PropertyScope.None,
    };

    /// <summary>User properties repeat anywhere, Subscription Identifiers only in a PUBLISH (3.3.2.3.8, 3.8.2.1.2).</summary>
    public static bool MayRepeat(MqttPropertyId id, PropertyScope scope) =>
        id == MqttPropertyId.UserProperty || (id == MqttPropertyId.SubscriptionIdentifier && scope == PropertyScope.Publish);
}
