using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt;

/// <summary>An application message (MQTT 5.0, 3.3) on its way out or in.</summary>
public sealed record MqttMessage
{
    /// <summary>Topic name: no wildcard, 1 to 65,535 bytes of UTF-8.</summary>
    public required string Topic { get; init; }

    /// <summary>Not copied: must not change until the message is acknowledged.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    public MqttQos Qos { get; init; } = MqttQos.AtLeastOnce;

    public bool Retain { get; init; }

    /// <summary>After this many seconds a message that was not delivered is dropped (3.3.2.3.3).</summary>
    public uint? ExpirySeconds { get; init; }

    /// <summary>True: the payload is UTF-8 text.</summary>
    public bool? PayloadIsText { get; init; }

    public string? ContentType { get; init; }

    public string? ResponseTopic { get; init; }

    public ReadOnlyMemory<byte>? CorrelationData { get; init; }

    public IReadOnlyList<MqttUserProperty>? UserProperties { get; init; }

    /// <summary>The message that a PUBLISH carries, with <paramref name="topic"/> in place of an alias.</summary>
    public static MqttMessage FromPublish(PublishPacket packet, string topic) => new()
    {
        Topic = topic,
        Payload = packet.Payload,
        Qos = packet.Qos,
        Retain = packet.Retain,
        ExpirySeconds = packet.Properties?.MessageExpiryInterval,
        PayloadIsText = packet.Properties?.PayloadFormatIndicator,
        ContentType = packet.Properties?.ContentType,
        ResponseTopic = packet.Properties?.ResponseTopic,
        CorrelationData = packet.Properties?.CorrelationData,
        UserProperties = packet.Properties?.UserProperties,
    };

    /// <summary>The properties as they stand in a PUBLISH; null when there is none.</summary>
    public MqttProperties? ToProperties() =>
        ExpirySeconds is null && PayloadIsText is null && ContentType is null && ResponseTopic is null && CorrelationData is null && UserProperties is null
            ? null
            : new MqttProperties
            {
                MessageExpiryInterval = ExpirySeconds,
                PayloadFormatIndicator = PayloadIsText,
                ContentType = ContentType,
                ResponseTopic = ResponseTopic,
                CorrelationData = CorrelationData,
                UserProperties = UserProperties,
            };
}
