using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>CONNECT as the options ask for it.</summary>
internal static class MqttConnectPackets
{
    public static ConnectPacket Build(MqttClientOptions options) => new()
    {
        Version = options.Version,
        ClientId = options.ClientId,
        CleanStart = options.CleanStart,
        KeepAlive = (ushort)Math.Clamp(options.KeepAlive.TotalSeconds, 0, ushort.MaxValue),
        UserName = options.UserName,
        Password = options.Password,
        Will = options.Will is null ? null : BuildWill(options.Will, options.WillDelay),
        Properties = options.Version == MqttVersion.V5 ? BuildProperties(options) : null,
    };

    private static MqttProperties BuildProperties(MqttClientOptions options) => new()
    {
        SessionExpiryInterval = options.SessionExpiry is { } expiry ? (uint)Math.Clamp(expiry.TotalSeconds, 0, uint.MaxValue) : null,
        ReceiveMaximum = Math.Max((ushort)1, options.ReceiveMaximum),
        MaximumPacketSize = (uint)options.MaximumPacketSize,
        TopicAliasMaximum = options.TopicAliasMaximum == 0 ? null : options.TopicAliasMaximum,
        UserProperties = options.UserProperties,
        RequestProblemInformation = options.RequestProblemInformation ? null : false,
        RequestResponseInformation = options.RequestResponseInformation ? true : null,
        AuthenticationMethod = options.Authentication?.Method,
        AuthenticationData = options.Authentication?.Begin(),
    };

    private static WillMessage BuildWill(MqttMessage will, TimeSpan delay)
    {
        var properties = will.ToProperties();
        if (delay > TimeSpan.Zero)
        {
            properties ??= new MqttProperties();
            properties.WillDelayInterval = (uint)delay.TotalSeconds;
        }

        return new WillMessage { Topic = will.Topic, Payload = will.Payload, Qos = will.Qos, Retain = will.Retain, Properties = properties };
    }
}
