using Fleet.Contracts;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Terminals;

/// <summary>
/// Every certificate that was ever made for an agent, in rows: why, when, when it was first used, what ended it. The one in force is also the
/// terminal's fingerprint; a renewed one waits beside it until the agent connects with it.
/// </summary>
internal static class DeviceCertificates
{
    private sealed record Found(byte[] Certificate);

    /// <summary>The certificate that this token and key got before and that is still in force; null when there is none.</summary>
    public static Task<byte[]?> EnrolledBeforeAsync(Session session, EnrollmentToken token, DeviceCertificate asked, CancellationToken cancellationToken) => CertificateAsync(
        session,
        "terminal_id = $1 AND token_hash = $2 AND key_id = $3 AND cause = 'enrolled' AND ended_at IS NULL AND expires_at > $4",
        [token.Terminal.Value, token.SecretHash, asked.KeyId, Micros.Of(asked.Issued)],
        cancellationToken);

    /// <summary>An enrolment: in force at once, and every other one is over.</summary>
    public static async Task EnrolAsync(Session session, EnrollmentToken token, DeviceCertificate certificate, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await EndAsync(session, token.Terminal, "ended_at IS NULL", "enrolled", now, cancellationToken);
        await InsertAsync(session, token.Terminal, certificate, "enrolled", token.SecretHash, now, cancellationToken);
        await session.ExecuteAsync(
            "UPDATE terminals SET certificate_fingerprint = $1 WHERE id = $2", [certificate.Fingerprint, token.Terminal.Value], cancellationToken);
    }

    /// <summary>The renewed certificate for this key that still waits to be used; null when there is none.</summary>
    public static Task<byte[]?> RenewedBeforeAsync(Session session, TerminalId terminal, DeviceCertificate asked, CancellationToken cancellationToken) => CertificateAsync(
        session,
        "terminal_id = $1 AND key_id = $2 AND cause = 'renewed' AND accepted_at IS NULL AND ended_at IS NULL AND expires_at > $3",
        [terminal.Value, asked.KeyId, Micros.Of(asked.Issued)],
        cancellationToken);

    /// <summary>True when the key is that of the certificate in force.</summary>
    public static async Task<bool> IsInForceAsync(Session session, TerminalId terminal, string keyId, CancellationToken cancellationToken) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM certificates WHERE terminal_id = $1 AND key_id = $2 AND accepted_at IS NOT NULL AND ended_at IS NULL",
        [terminal.Value, keyId],
        cancellationToken) > 0;

    /// <summary>A renewal: waits to be used; one that waited before is over.</summary>
    public static async Task RenewAsync(Session session, TerminalId terminal, DeviceCertificate certificate, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await EndAsync(session, terminal, "accepted_at IS NULL AND ended_at IS NULL", "superseded", now, cancellationToken);
        await InsertAsync(session, terminal, certificate, "renewed", string.Empty, null, cancellationToken);
    }

    /// <summary>The agent connects with a renewed certificate: it is in force, the one before is over. False when it is no such certificate.</summary>
    public static async Task<bool> AcceptAsync(Session session, TerminalId terminal, string fingerprint, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var waiting = await session.ScalarAsync(
            "SELECT COUNT(*) FROM certificates WHERE terminal_id = $1 AND fingerprint = $2 AND accepted_at IS NULL AND ended_at IS NULL",
            [terminal.Value, fingerprint],
            cancellationToken);
        if (waiting == 0)
        {
            return false;
        }

        await EndAsync(session, terminal, "accepted_at IS NOT NULL AND ended_at IS NULL", "renewed", now, cancellationToken);
        await session.ExecuteAsync("UPDATE certificates SET accepted_at = $1 WHERE terminal_id = $2 AND fingerprint = $3", [Micros.Of(now), terminal.Value, fingerprint], cancellationToken);
        await session.ExecuteAsync("UPDATE terminals SET certificate_fingerprint = $1 WHERE id = $2", [fingerprint, terminal.Value], cancellationToken);
        return true;
    }

    /// <summary>All of a terminal, oldest first.</summary>
    public static Task<List<CertificateView>> ListAsync(Session session, TerminalId terminal, CancellationToken cancellationToken) => session.QueryAsync(
        "SELECT fingerprint, cause, issued_at, expires_at, accepted_at, ended_at, ended_by FROM certificates WHERE terminal_id = $1 ORDER BY ordinal",
        [terminal.Value],
        static row => new CertificateView(row.GetString(0), row.GetString(1), row.Time(2), row.Time(3), row.TimeOrNull(4), row.TimeOrNull(5), row.GetString(6)),
        cancellationToken);

    private static async Task<byte[]?> CertificateAsync(Session session, string condition, object?[] arguments, CancellationToken cancellationToken) =>
        (await session.FirstAsync($"SELECT certificate FROM certificates WHERE {condition}", arguments, static row => new Found(row.Bytes(0)), cancellationToken))?.Certificate;

    private static Task<int> EndAsync(Session session, TerminalId terminal, string which, string by, DateTimeOffset now, CancellationToken cancellationToken) => session.ExecuteAsync(
        $"UPDATE certificates SET ended_at = $1, ended_by = $2 WHERE terminal_id = $3 AND {which}", [Micros.Of(now), by, terminal.Value], cancellationToken);

    private static Task<int> InsertAsync(
        Session session, TerminalId terminal, DeviceCertificate certificate, string cause, string tokenHash, DateTimeOffset? accepted, CancellationToken cancellationToken) =>
        session.ExecuteAsync(
            """
            INSERT INTO certificates (terminal_id, fingerprint, key_id, cause, token_hash, issued_at, expires_at, accepted_at, ended_at, ended_by, certificate)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, '', $9)
            """,
            [
                terminal.Value, certificate.Fingerprint, certificate.KeyId, cause, tokenHash, Micros.Of(certificate.Issued), Micros.Of(certificate.Expires),
                accepted is { } at ? Micros.Of(at) : null, certificate.Content,
            ],
            cancellationToken);
}
