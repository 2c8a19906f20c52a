using Fleet.Contracts;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Terminals;

/// <summary>One-time tokens, of which only a hash is kept.</summary>
internal static class EnrolmentTokens
{
    private sealed record TokenRow(string Terminal, long Expires, bool Ended, string EndedBy);

    public static async Task KeepAsync(
        Session session, EnrollmentToken token, Actor actor, DateTimeOffset now, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            "UPDATE enrolment_tokens SET ended_at = $1, ended_by = 'superseded' WHERE terminal_id = $2 AND ended_at IS NULL",
            [Micros.Of(now), token.Terminal.Value],
            cancellationToken);
        await session.ExecuteAsync(
            """
            INSERT INTO enrolment_tokens (secret_hash, terminal_id, actor, created_at, expires_at, ended_at, ended_by)
            VALUES ($1, $2, $3, $4, $5, NULL, '')
            """,
            [token.SecretHash, token.Terminal.Value, actor.ToString(), Micros.Of(now), Micros.Of(expires)],
            cancellationToken);
    }

    /// <summary>Null when the token is consumed by this very call.</summary>
    public static async Task<Refusal?> ConsumeAsync(
        Session session, EnrollmentToken token, string consumer, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var consumed = await session.ExecuteAsync(
            """
            UPDATE enrolment_tokens SET ended_at = $1, ended_by = $2
            WHERE secret_hash = $3 AND terminal_id = $4 AND ended_at IS NULL AND expires_at > $1
            """,
            [Micros.Of(now), consumer, token.SecretHash, token.Terminal.Value],
            cancellationToken);
        return consumed == 1 ? null : await WhyNotAsync(session, token, cancellationToken);
    }

    private static async Task<Refusal> WhyNotAsync(Session session, EnrollmentToken token, CancellationToken cancellationToken)
    {
        var row = await session.FirstAsync(
            "SELECT terminal_id, expires_at, ended_at IS NOT NULL, ended_by FROM enrolment_tokens WHERE secret_hash = $1",
            [token.SecretHash],
            static r => new TokenRow(r.GetString(0), r.GetInt64(1), Convert.ToBoolean(r.GetValue(2), System.Globalization.CultureInfo.InvariantCulture), r.GetString(3)),
            cancellationToken);
        return row switch
        {
            { Ended: true, EndedBy: "superseded" } => Gate(RefusalCodes.TokenUsed, "A newer token was issued for this terminal."),
            { Ended: true } => Gate(RefusalCodes.TokenUsed, "This token was used before."),
            not null when row.Terminal == token.Terminal.Value => Gate(RefusalCodes.TokenExpired, "This token is too old: ask for a new one."),
            _ => Gate(RefusalCodes.TokenUnknown, "This token was not issued here."),
        };

        Refusal Gate(string code, string text) => Refusal.Gate(code, token.Terminal.ResourceName, text);
    }
}
