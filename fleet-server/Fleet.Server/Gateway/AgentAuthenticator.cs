using Fleet.Mqtt;
using Fleet.Mqtt.Broker.Access;
using Fleet.Server.Trust;

namespace Fleet.Server.Gateway;

/// <summary>
/// Lets an agent in: a certificate of the fleet (the TLS layer saw to that), a client id equal to its name, and the registry's word that it
/// is the terminal's current one.
/// </summary>
public sealed class AgentAuthenticator(AgentConnections connections, ILogger<AgentAuthenticator> logger) : IMqttAuthenticator
{
    /// <inheritdoc/>
    public async ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken)
    {
        if (request.ClientCertificate is not { } certificate || !AgentIdentity.TryRead(certificate, out var terminal))
        {
            GatewayLog.NoTerminal(logger, request.RemoteEndPoint, request.ClientCertificate?.Subject ?? "no certificate");
            return MqttAuthentication.Refuse(MqttReasonCode.NotAuthorized, "A certificate of this fleet is needed.");
        }

        if (request.ClientId != terminal.Value)
        {
            GatewayLog.ForeignClientId(logger, request.RemoteEndPoint, terminal, request.ClientId);
            return MqttAuthentication.Refuse(MqttReasonCode.ClientIdentifierNotValid, "The client id must be the terminal id of the certificate.");
        }

        try
        {
            var refusal = await connections.AdmitAsync(terminal, DeviceCertificates.FingerprintOf(certificate), cancellationToken);
            if (refusal is null)
            {
                return MqttAuthentication.Accept(new AgentIdentity(terminal));
            }

            GatewayLog.Refused(logger, terminal, request.RemoteEndPoint, refusal.Code, refusal.Text);
            return MqttAuthentication.Refuse(MqttReasonCode.NotAuthorized, refusal.Code);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            GatewayLog.Undecided(logger, e, terminal);
            return MqttAuthentication.Refuse(MqttReasonCode.ServerUnavailable);
        }
    }
}
