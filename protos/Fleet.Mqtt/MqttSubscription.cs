namespace Fleet.Mqtt;

/// <summary>What becomes of retained messages when a subscription is made (3.8.3.1).</summary>
public enum MqttRetainHandling : byte
{
    SendAtSubscribe = 0,
    SendIfNew = 1,
    DoNotSend = 2,
}

/// <summary>One topic filter of a SUBSCRIBE with its options (3.8.3.1).</summary>
public readonly record struct MqttSubscription(
    string Filter,
    MqttQos Qos = MqttQos.AtLeastOnce,
    bool NoLocal = false,
    bool RetainAsPublished = false,
    MqttRetainHandling RetainHandling = MqttRetainHandling.SendAtSubscribe);
