namespace Fleet.Conformance.Mqtt;

/// <summary>The broker and the client without the product.</summary>
internal static class MqttVerbs
{
    public static Verb[] All { get; } =
    [
        new("mqtt-broker", "--port N [--profile conformance|open|paho] [--tls DIR] [--tls-port N] [--address A] [--scheduling pool|inline]", MqttBrokerHost.RunAsync),
        new("mqtt-client", $"{string.Join('|', MqttClientScenarios.Names)} --port N [--host H] [--version 4|5]", MqttClientScenarios.RunAsync),
        new("floor-kestrel", "--port N [--tls DIR]", FloorHost.RunKestrelAsync),
        new("floor-sockets", "--port N", FloorHost.RunSocketsAsync),
    ];
}
