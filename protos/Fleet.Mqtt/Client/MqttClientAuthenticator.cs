using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Client;

/// <summary>Enhanced authentication of one connection: the packets around an <see cref="IMqttClientAuthentication"/>.</summary>
internal sealed class MqttClientAuthenticator(IMqttClientAuthentication authentication)
{
    private TaskCompletionSource? _again;

    /// <summary>AUTH 0x19 [MQTT-4.12.1-1]; the task completes with the server's AUTH 0x00.</summary>
    /// <exception cref="InvalidOperationException">An exchange is under way.</exception>
    public (AuthPacket Packet, Task Done) BeginAgain()
    {
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _again, again, null) is not null)
        {
            throw new InvalidOperationException("The client is authenticating itself already.");
        }

        return (Packet(MqttReasonCode.ReAuthenticate, authentication.Begin()), again.Task);
    }

    /// <summary>AUTH of the server; null: nothing is to be answered.</summary>
    /// <param name="packet">The AUTH.</param>
    /// <param name="connected">After CONNACK.</param>
    /// <param name="cancellationToken">The end of the connection.</param>
    /// <exception cref="MqttProtocolException">Another method, or a code that is not due.</exception>
    public async ValueTask<AuthPacket?> OnAuthAsync(AuthPacket packet, bool connected, CancellationToken cancellationToken)
    {
        if (!string.Equals(packet.Properties?.AuthenticationMethod, authentication.Method, StringComparison.Ordinal))
        {
            throw MqttProtocolException.Violation("AUTH with another method than CONNECT [MQTT-4.12.0-5].");
        }

        var data = packet.Properties?.AuthenticationData;
        switch (packet.ReasonCode)
        {
            case MqttReasonCode.ContinueAuthentication when !connected || _again is not null:
                return Packet(MqttReasonCode.ContinueAuthentication, await authentication.RespondAsync(data, cancellationToken));
            case MqttReasonCode.Success when connected && Interlocked.Exchange(ref _again, null) is { } again:
                authentication.Complete(data);
                again.TrySetResult();
                return null;
            default:
                throw MqttProtocolException.Violation($"AUTH {packet.ReasonCode} where it is not due (4.12).");
        }
    }

    /// <summary>CONNACK with success.</summary>
    /// <exception cref="MqttProtocolException">Another method than that of CONNECT.</exception>
    public void OnConnected(MqttProperties? properties)
    {
        if (!string.Equals(properties?.AuthenticationMethod, authentication.Method, StringComparison.Ordinal))
        {
            throw MqttProtocolException.Violation("CONNACK with another method than CONNECT [MQTT-4.12.0-5].");
        }

        authentication.Complete(properties?.AuthenticationData);
    }

    /// <summary>The connection has ended.</summary>
    public void Fail(Exception error) => Interlocked.Exchange(ref _again, null)?.TrySetException(error);

    private AuthPacket Packet(MqttReasonCode code, ReadOnlyMemory<byte>? data) => new()
    {
        ReasonCode = code,
        Properties = new MqttProperties { AuthenticationMethod = authentication.Method, AuthenticationData = data },
    };
}
