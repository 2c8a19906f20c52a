namespace Fleet.Mqtt.Codec;

/// <summary>Bounds that hold while a packet is parsed, besides its size.</summary>
public sealed record MqttDecodeLimits
{
    public static MqttDecodeLimits Default { get; } = new();

    /// <summary>User properties (or Subscription Identifiers) in one packet; more are refused with 0x95.</summary>
    public int MaximumUserProperties { get; init; } = 256;

    /// <summary>Topic filters in one SUBSCRIBE or UNSUBSCRIBE; more are refused with 0x95.</summary>
    public int MaximumFilters { get; init; } = 1024;
}
