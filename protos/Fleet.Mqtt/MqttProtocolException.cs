namespace Fleet.Mqtt;

/// <summary>
/// The peer broke a rule of the specification. Carries the reason code that the answer must have and the clause that was broken.
/// The text never holds payload bytes.
/// </summary>
public sealed class MqttProtocolException : Exception
{
    public MqttProtocolException(MqttReasonCode reasonCode, string message, MqttRule rule = MqttRule.Other)
        : base(message)
    {
        ReasonCode = reasonCode;
        Rule = rule;
    }

    /// <summary>What a DISCONNECT, CONNACK or acknowledgement says about it.</summary>
    public MqttReasonCode ReasonCode { get; }

    /// <summary>The rule, where brokers in the field differ in the reason code they give for it.</summary>
    public MqttRule Rule { get; }

    /// <summary>A packet that cannot be parsed (MQTT 5.0, 4.13): 0x81.</summary>
    public static MqttProtocolException Malformed(string message, MqttRule rule = MqttRule.Other) =>
        new(MqttReasonCode.MalformedPacket, message, rule);

    /// <summary>A packet that can be parsed and must not be there or not say that (MQTT 5.0, 4.13): 0x82.</summary>
    public static MqttProtocolException Violation(string message, MqttRule rule = MqttRule.Other) =>
        new(MqttReasonCode.ProtocolError, message, rule);
}

/// <summary>Rules for which published test suites expect another reason code than the one of the specification.</summary>
public enum MqttRule
{
    Other,

    /// <summary>2.2.2.2: an identifier that is not valid for the packet type is a Malformed Packet. Not used for SUBSCRIBE and UNSUBSCRIBE, where all agree.</summary>
    PropertyNotAllowed,

    /// <summary>3.8.2.1.2: a Subscription Identifier of 0 is a Protocol Error.</summary>
    SubscriptionIdentifierZero,

    /// <summary>3.8.3, 3.10.3: no topic filter at all is a Protocol Error.</summary>
    NoTopicFilter,

    /// <summary>3.8.3.1: Maximum QoS 3 and Retain Handling 3 are Protocol Errors.</summary>
    SubscriptionOptionValue,

    /// <summary>3.3.2.1: an empty topic name without a Topic Alias is a Protocol Error.</summary>
    EmptyTopicName,

    /// <summary>3.12, 3.13: PINGREQ and PINGRESP have no variable header and no payload.</summary>
    PingWithBody,

    /// <summary>3.3.4: a PUBLISH from a client must not hold a Subscription Identifier.</summary>
    SubscriptionIdentifierFromClient,
}
