using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>Enhanced authentication of one connection (4.12), at CONNECT and whenever the client wants it again. Owned by the connection's read loop.</summary>
internal sealed class MqttAuthenticationDialogue(IMqttEnhancedAuthenticator authenticator, MqttConnectRequest request, ILogger logger) : IDisposable
{
    private IMqttAuthenticationExchange? _exchange;

    public string Method => authenticator.Method;

    /// <summary>The data of a CONNECT, or of an AUTH 0x19 [MQTT-4.12.1-1].</summary>
    public ValueTask<MqttAuthenticationStep> BeginAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
    {
        _exchange?.Dispose();
        _exchange = authenticator.Begin(request);
        return NextAsync(data, cancellationToken);
    }

    /// <summary>An AUTH of the client; during CONNECT only 0x18 is due [MQTT-4.12.0-3].</summary>
    /// <exception cref="MqttProtocolException">Another method than that of CONNECT [MQTT-4.12.0-5], or a code that is not due.</exception>
    public ValueTask<MqttAuthenticationStep> OnAuthAsync(AuthPacket packet, bool connected, CancellationToken cancellationToken)
    {
        if (!string.Equals(packet.Properties?.AuthenticationMethod, Method, StringComparison.Ordinal))
        {
            throw MqttProtocolException.Violation("AUTH with another method than CONNECT [MQTT-4.12.0-5].");
        }

        var data = packet.Properties?.AuthenticationData;
        if (packet.ReasonCode == MqttReasonCode.ReAuthenticate && connected && _exchange is null)
        {
            return BeginAsync(data, cancellationToken);
        }

        if (packet.ReasonCode != MqttReasonCode.ContinueAuthentication || _exchange is null)
        {
            throw MqttProtocolException.Violation($"AUTH {packet.ReasonCode} where it is not due (4.12).");
        }

        return NextAsync(data, cancellationToken);
    }

    /// <summary>AUTH for the client, with the method [MQTT-4.12.0-2] [MQTT-4.12.0-5].</summary>
    public AuthPacket ToPacket(MqttAuthenticationStep step) => new()
    {
        ReasonCode = step.Outcome is null ? MqttReasonCode.ContinueAuthentication : MqttReasonCode.Success,
        Properties = new MqttProperties { AuthenticationMethod = Method, AuthenticationData = step.Data },
    };

    public void Dispose() => _exchange?.Dispose();

    private async ValueTask<MqttAuthenticationStep> NextAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken)
    {
        MqttAuthenticationStep step;
        try
        {
            step = await _exchange!.NextAsync(data, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            BrokerLog.AuthenticatorFailed(logger, error, Method);
            step = MqttAuthenticationStep.Refuse(MqttReasonCode.UnspecifiedError);
        }

        if (step.Outcome is not null)
        {
            _exchange?.Dispose();
            _exchange = null;
        }

        return step;
    }
}
