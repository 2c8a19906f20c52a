namespace Fleet.Mqtt.Broker.Access;

/// <summary>Is told who comes and goes. Must not wait: hand over to a queue.</summary>
public interface IMqttSessionObserver
{
    /// <summary>CONNACK is on its way.</summary>
    void OnConnected(MqttClientInfo client);

    /// <summary>Once for each <see cref="OnConnected"/>, and before the one of a connection that takes the session over.</summary>
    /// <param name="client">The same object as at <see cref="OnConnected"/>.</param>
    /// <param name="cause">Why.</param>
    void OnDisconnected(MqttClientInfo client, MqttDisconnectReason cause);
}

/// <summary>How a client's connection ended.</summary>
/// <param name="ByClient">The client sent DISCONNECT.</param>
/// <param name="ReasonCode">Of the DISCONNECT, whichever side sent it; <see cref="MqttReasonCode.UnspecifiedError"/> when the connection broke.</param>
public readonly record struct MqttDisconnectReason(bool ByClient, MqttReasonCode ReasonCode);
