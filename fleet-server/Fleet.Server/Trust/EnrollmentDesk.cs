using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Google.Protobuf;

namespace Fleet.Server.Trust;

/// <summary>
/// Turns a one-time token and a certificate request into a terminal's agent. The certificate is made first, made the terminal's
/// only valid one in the transaction that consumes the token, and handed out after that commit.
/// </summary>
public sealed partial class EnrollmentDesk(
    ITerminalRegistry registry, FleetTrust trust, IAgentsDoor door, IRevocations revocations, TimeSpan certificateLifetime, TimeProvider time, ILogger<EnrollmentDesk> logger)
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

    /// <summary>How the registry knows a certificate: lower-case hex of its SHA-256.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    private async Task<Answer<EnrollResponse>> EnrollAsync(EnrollmentToken token, PublicKey publicKey, EnrollRequest request, CancellationToken cancellationToken)
    {
        using var certificate = trust.Authority.IssueDevice(token.Terminal, publicKey, time.GetUtcNow(), certificateLifetime);
        var enrolment = new Enrolment(FingerprintOf(certificate), request.AgentVersion, request.HostName);
        var enrolled = await registry.EnrolAsync(token, enrolment, cancellationToken);
        if (!enrolled.TryGet(out _, out var refusal))
        {
            LogRefused(logger, token.Terminal, refusal.Code, refusal.Text);
            return refusal;
        }

        // Who is still connected with an earlier certificate goes now.
        await revocations.RevokeAsync(token.Terminal, cancellationToken);
        LogEnrolled(logger, token.Terminal, certificate.SerialNumber);
        return new EnrollResponse
        {
            TerminalId = token.Terminal.Value,
            CertificateChain = { ByteString.CopyFrom(certificate.RawData) },
            CaCertificate = ByteString.CopyFrom(trust.Authority.Certificate.RawData),
            TrustBundle = trust.Keys.Bundle,
            MqttHost = door.Agents.Host,
            MqttPort = (uint)door.Agents.Port,
            Heartbeat = trust.Keys.Sign(
                SigningDomain.Heartbeat,
                new Heartbeat { TerminalId = token.Terminal.Value, ServerUnixMicros = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond }),
        };
    }

    [LoggerMessage(2101, LogLevel.Information, "Terminal {Terminal} enrolled; its certificate is now {Serial}")]
    private static partial void LogEnrolled(ILogger logger, TerminalId terminal, string serial);

    [LoggerMessage(2102, LogLevel.Warning, "Enrolment of terminal {Terminal} refused, {Code}: {Text}")]
    private static partial void LogRefused(ILogger logger, TerminalId terminal, string code, string text);
}
