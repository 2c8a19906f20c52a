namespace Fleet.Mqtt.Codec;

/// <summary>Table 2-6 of MQTT 5.0: which reason code may stand in which packet.</summary>
internal static class MqttReasonCodeTable
{
    private const PropertyScope Pub = PropertyScope.PubAck | PropertyScope.PubRec;
    private const PropertyScope Subs = PropertyScope.SubAck | PropertyScope.UnsubAck;

    public static MqttReasonCode Check(byte value, PropertyScope scope) =>
        (Scope((MqttReasonCode)value) & scope) != PropertyScope.None
            ? (MqttReasonCode)value
            : throw MqttProtocolException.Violation($"Reason Code 0x{value:X2} must not stand in {scope} (2.4).");

    private static PropertyScope Scope(MqttReasonCode code) => code switch
    {
        MqttReasonCode.Success => PropertyScope.All,
        MqttReasonCode.GrantedQos1 or MqttReasonCode.GrantedQos2 => PropertyScope.SubAck,
        MqttReasonCode.DisconnectWithWill => PropertyScope.Disconnect,
        MqttReasonCode.NoMatchingSubscribers => Pub,
        MqttReasonCode.NoSubscriptionExisted => PropertyScope.UnsubAck,
        MqttReasonCode.ContinueAuthentication or MqttReasonCode.ReAuthenticate => PropertyScope.Auth,
        MqttReasonCode.UnspecifiedError or MqttReasonCode.ImplementationSpecificError or MqttReasonCode.NotAuthorized =>
            PropertyScope.ConnAck | Pub | Subs | PropertyScope.Disconnect,
        MqttReasonCode.MalformedPacket or MqttReasonCode.ProtocolError => PropertyScope.ConnAck | PropertyScope.Disconnect,
        MqttReasonCode.UnsupportedProtocolVersion or MqttReasonCode.ClientIdentifierNotValid or MqttReasonCode.BadUserNameOrPassword
            or MqttReasonCode.ServerUnavailable or MqttReasonCode.Banned => PropertyScope.ConnAck,
        MqttReasonCode.ServerBusy or MqttReasonCode.BadAuthenticationMethod => PropertyScope.ConnAck | PropertyScope.Disconnect,
        MqttReasonCode.ServerShuttingDown or MqttReasonCode.KeepAliveTimeout or MqttReasonCode.SessionTakenOver => PropertyScope.Disconnect,
        MqttReasonCode.TopicFilterInvalid => Subs | PropertyScope.Disconnect,
        MqttReasonCode.TopicNameInvalid => PropertyScope.ConnAck | Pub | PropertyScope.Disconnect,
        MqttReasonCode.PacketIdentifierInUse => Pub | Subs,
        MqttReasonCode.PacketIdentifierNotFound => PropertyScope.PubRel | PropertyScope.PubComp,
        MqttReasonCode.ReceiveMaximumExceeded or MqttReasonCode.TopicAliasInvalid => PropertyScope.Disconnect,
        MqttReasonCode.PacketTooLarge => PropertyScope.ConnAck | PropertyScope.Disconnect,
        MqttReasonCode.MessageRateTooHigh or MqttReasonCode.AdministrativeAction => PropertyScope.Disconnect,
        MqttReasonCode.QuotaExceeded => PropertyScope.ConnAck | Pub | PropertyScope.SubAck | PropertyScope.Disconnect,
        MqttReasonCode.PayloadFormatInvalid => PropertyScope.ConnAck | Pub | PropertyScope.Disconnect,
        MqttReasonCode.RetainNotSupported or MqttReasonCode.QosNotSupported or MqttReasonCode.UseAnotherServer or MqttReasonCode.ServerMoved
            or MqttReasonCode.ConnectionRateExceeded => PropertyScope.ConnAck | PropertyScope.Disconnect,
        MqttReasonCode.SharedSubscriptionsNotSupported or MqttReasonCode.SubscriptionIdentifiersNotSupported
            or MqttReasonCode.WildcardSubscriptionsNotSupported => PropertyScope.SubAck | PropertyScope.Disconnect,
        MqttReasonCode.MaximumConnectTime => PropertyScope.Disconnect,
        _ => PropertyScope.None,
    };
}
