using Fleet.Contracts;

namespace Fleet.Server.Domain.Terminals;

/// <summary>A certificate that was made for an agent and is not handed out yet.</summary>
/// <param name="Fingerprint">Lower-case hex SHA-256 of it.</param>
/// <param name="KeyId">Id of the agent's key: first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo, lower-case hex.</param>
/// <param name="Issued">When it was made.</param>
/// <param name="Expires">When it ends.</param>
/// <param name="Content">DER.</param>
public sealed record DeviceCertificate(string Fingerprint, string KeyId, DateTimeOffset Issued, DateTimeOffset Expires, byte[] Content);

/// <summary>A certificate in a terminal's history.</summary>
/// <param name="Fingerprint">Lower-case hex SHA-256 of it.</param>
/// <param name="Cause"><c>enrolled</c> or <c>renewed</c>.</param>
/// <param name="Issued">When it was made.</param>
/// <param name="Expires">When it ends by itself.</param>
/// <param name="Accepted">When it came into force; null while it waits to be used.</param>
/// <param name="Ended">When it was replaced; null while it counts.</param>
/// <param name="EndedBy"><c>enrolled</c>, <c>renewed</c> or <c>superseded</c>; empty while it counts.</param>
public sealed record CertificateView(
    string Fingerprint, string Cause, DateTimeOffset Issued, DateTimeOffset Expires, DateTimeOffset? Accepted, DateTimeOffset? Ended, string EndedBy);

/// <summary>What an enrolment came to.</summary>
/// <param name="Terminal">The terminal.</param>
/// <param name="Certificate">The certificate in force, DER: the one that was made for this call, or at a repetition the one that was handed out before.</param>
/// <param name="IsRepeated">The same token and key had enrolled before; nothing changed.</param>
public sealed record EnrolledAgent(TerminalView Terminal, byte[] Certificate, bool IsRepeated);

/// <summary>Renewals of agents' certificates.</summary>
public interface ICertificateBook
{
    /// <summary>
    /// Notes a renewed certificate beside the one in force. The same key again gets what it got before, as long as it has not been used.
    /// </summary>
    /// <returns>The certificate to hand out, DER.</returns>
    Task<Answer<byte[]>> RenewAsync(TerminalId terminal, DeviceCertificate certificate, CancellationToken cancellationToken);

    /// <summary>Every certificate of a terminal, oldest first.</summary>
    Task<IReadOnlyList<CertificateView>> ListAsync(TerminalId terminal, CancellationToken cancellationToken);
}
