namespace Fleet.Mqtt.Packets;

/// <summary>
/// The properties of one packet or of one will (MQTT 5.0, 2.2.2). An absent property is null; which packet may hold which is checked when
/// it is read. Intervals are in seconds.
/// </summary>
public sealed class MqttProperties
{
    /// <summary>True: the payload is UTF-8 text (3.3.2.3.2).</summary>
    public bool? PayloadFormatIndicator { get; set; }

    public uint? MessageExpiryInterval { get; set; }

    public string? ContentType { get; set; }

    public string? ResponseTopic { get; set; }

    public ReadOnlyMemory<byte>? CorrelationData { get; set; }

    /// <summary>1 to 268,435,455; several in a PUBLISH that matched several subscriptions, one in a SUBSCRIBE.</summary>
    public IReadOnlyList<uint>? SubscriptionIdentifiers { get; set; }

    /// <summary>0xFFFFFFFF: the session does not expire (3.1.2.11.2).</summary>
    public uint? SessionExpiryInterval { get; set; }

    public string? AssignedClientIdentifier { get; set; }

    public ushort? ServerKeepAlive { get; set; }

    public string? AuthenticationMethod { get; set; }

    public ReadOnlyMemory<byte>? AuthenticationData { get; set; }

    public bool? RequestProblemInformation { get; set; }

    public uint? WillDelayInterval { get; set; }

    public bool? RequestResponseInformation { get; set; }

    public string? ResponseInformation { get; set; }

    public string? ServerReference { get; set; }

    public string? ReasonString { get; set; }

    public ushort? ReceiveMaximum { get; set; }

    public ushort? TopicAliasMaximum { get; set; }

    public ushort? TopicAlias { get; set; }

    /// <summary>0 or 1; absent means 2 (3.2.2.3.4).</summary>
    public byte? MaximumQos { get; set; }

    public bool? RetainAvailable { get; set; }

    public IReadOnlyList<MqttUserProperty>? UserProperties { get; set; }

    /// <summary>In bytes, the whole packet counted.</summary>
    public uint? MaximumPacketSize { get; set; }

    public bool? WildcardSubscriptionAvailable { get; set; }

    public bool? SubscriptionIdentifierAvailable { get; set; }

    public bool? SharedSubscriptionAvailable { get; set; }
}
