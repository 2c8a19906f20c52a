using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Dispatch;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Trust;
using Google.Protobuf;

namespace Fleet.Server.Trust;

/// <summary>
/// Turns a one-time token and a certificate request into a terminal's agent. The certificate is made first, made the terminal's
/// only valid one in the transaction that consumes the token, and handed out after that commit. The same token with the same key gets the
/// same certificate again: an answer may be lost on its way.
/// </summary>
public sealed partial class EnrollmentDesk(
    ITerminalRegistry registry, FleetTrust trust, DeviceCertificates certificates, ITrustBook bundles, AgentArrival arrival, ILogger<EnrollmentDesk> logger)
{
    private const int LongestText = 200;

    /// <summary>Enrols, or says what is wrong.</summary>
    public async Task<Answer<EnrollResponse>> EnrollAsync(EnrollRequest request, CancellationToken cancellationToken)
    {
        if (!EnrollmentToken.TryParse(request.Token, out var token, out var error))
        {
            return Refusal.Invalid("token", error);
        }

        if (token.CaFingerprint != trust.Authority.Fingerprint)
        {
            return Refusal.Invalid("token", "The enrolment token was made by another fleet server.");
        }

        if (request.AgentVersion.Length > LongestText || request.HostName.Length > LongestText)
        {
            return Refusal.Invalid("agent_version", $"agent_version and host_name have at most {LongestText} characters.");
        }

        return DeviceRequest.Read(request.CertificateRequest.Span, out var fault) is { } publicKey
            ? await EnrollAsync(token, publicKey, request, cancellationToken)
            : Refusal.Invalid("certificate_request", fault);
    }

    private async Task<Answer<EnrollResponse>> EnrollAsync(EnrollmentToken token, PublicKey publicKey, EnrollRequest request, CancellationToken cancellationToken)
    {
        var enrolment = new Enrolment(certificates.Issue(token.Terminal, publicKey), request.AgentVersion, request.HostName);
        var enrolled = await registry.EnrolAsync(token, enrolment, cancellationToken);
        if (!enrolled.TryGet(out var agent, out var refusal))
        {
            LogRefused(logger, token.Terminal, refusal.Code, refusal.Text);
            return refusal;
        }

        if (!agent.IsRepeated)
        {
            // Who is still connected with an earlier certificate goes now.
            await arrival.Revocations.RevokeAsync(token.Terminal, cancellationToken);
        }

        LogEnrolled(logger, token.Terminal, agent.Terminal.CertificateFingerprint, agent.IsRepeated);
        return new EnrollResponse
        {
            TerminalId = token.Terminal.Value,
            CertificateChain = { ByteString.CopyFrom(agent.Certificate) },
            CaCertificate = ByteString.CopyFrom(trust.Authority.Certificate.RawData),
            TrustBundle = (await bundles.CurrentAsync(trust.Keys.Bundle, cancellationToken)).Bundle,
            MqttHost = arrival.Door.Agents.Host,
            MqttPort = (uint)arrival.Door.Agents.Port,
            Heartbeat = arrival.Heartbeats.Now(token.Terminal),
        };
    }

    [LoggerMessage(2101, LogLevel.Information, "Terminal {Terminal} enrolled; its certificate is now {Fingerprint} (asked for again: {Repeated})")]
    private static partial void LogEnrolled(ILogger logger, TerminalId terminal, string fingerprint, bool repeated);

    [LoggerMessage(2102, LogLevel.Warning, "Enrolment of terminal {Terminal} refused, {Code}: {Text}")]
    private static partial void LogRefused(ILogger logger, TerminalId terminal, string code, string text);
}

/// <summary>What an enrolled agent is told about its way in.</summary>
/// <param name="Door">Where it connects.</param>
/// <param name="Revocations">Who hears that an earlier certificate is over.</param>
/// <param name="Heartbeats">The first signed time.</param>
public sealed record AgentArrival(IAgentsDoor Door, IRevocations Revocations, Heartbeats Heartbeats);
