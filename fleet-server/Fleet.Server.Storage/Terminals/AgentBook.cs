using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Terminals;

/// <summary>What is kept about contact with agents. Contact never changes a lifecycle state.</summary>
public sealed class AgentBook(FleetDatabase database)
{
    private sealed record Known(TerminalState State, string Fingerprint);

    private DateTimeOffset Now => database.Clock.GetUtcNow();

    /// <summary>After a start nobody is connected, whatever the rows of the last run say.</summary>
    public Task<int> ForgetConnectionsAsync(CancellationToken cancellationToken) => database.WriteAsync(
        static async (session, ct) =>
        {
            var count = await session.ScalarAsync("SELECT COUNT(*) FROM terminals WHERE connected = 1", [], ct);
            var version = await session.ReserveVersionsAsync(count, ct);
            return await session.ExecuteAsync(
                """
                WITH gone AS (SELECT id AS place, ROW_NUMBER() OVER (ORDER BY id) AS n FROM terminals WHERE connected = 1)
                UPDATE terminals SET connected = 0, version = $1 + gone.n FROM gone WHERE id = gone.place
                """,
                [version],
                ct);
        },
        cancellationToken);

    /// <summary>An agent asks in; null = welcome. Retired terminals and superseded certificates raise an alarm and are refused.</summary>
    public Task<Refusal?> ConnectedAsync(TerminalId terminal, string certificateFingerprint, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            var known = await session.FirstAsync(
                "SELECT state, certificate_fingerprint FROM terminals WHERE id = $1",
                [terminal.Value],
                static row => new Known(row.Name<TerminalState>(0), row.GetString(1)),
                ct);
            var refusal = Check(terminal, known, certificateFingerprint);
            if (refusal is { Code: AlarmCodes.CertificateSuperseded } && await DeviceCertificates.AcceptAsync(session, terminal, certificateFingerprint, Now, ct))
            {
                refusal = null;
            }

            if (refusal is null)
            {
                await SetConnectedAsync(session, terminal, connected: true, ct);
            }
            else if (known is not null)
            {
                await Alarms.RaiseAsync(session, terminal, Alarm.Types.Severity.Critical, refusal.Code, refusal.Text, Alarms.FromServer, Now, ct);
            }

            return refusal;
        },
        cancellationToken);

    /// <summary>Its connection is gone.</summary>
    public Task<bool> DisconnectedAsync(TerminalId terminal, CancellationToken cancellationToken) => database.WriteAsync(
        (session, ct) => SetConnectedAsync(session, terminal, connected: false, ct), cancellationToken);

    /// <summary>The agent says where it stands.</summary>
    public Task<bool> HelloAsync(TerminalId terminal, Hello hello, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) =>
        {
            var through = await session.ScalarAsync(
                "SELECT through FROM journals WHERE terminal_id = $1 AND epoch = $2", [terminal.Value, hello.Epoch.ToByteArray()], ct);
            var unsent = hello.LastSequence > long.MaxValue ? 0 : Math.Max(0, (long)hello.LastSequence - through);
            var changed = await session.ExecuteAsync(
                "UPDATE terminals SET agent_version = $1, unsent_entries = $2, last_contact_at = $3, version = $4, trust_version = $5 WHERE id = $6",
                [hello.AgentVersion, unsent, Micros.Of(Now), await session.NextVersionAsync(ct), (long)Math.Min(hello.TrustVersion, long.MaxValue), terminal.Value],
                ct);
            session.Touch(Topic.Terminals, terminal.Value);
            return changed > 0;
        },
        cancellationToken);

    private async Task<bool> SetConnectedAsync(Session session, TerminalId terminal, bool connected, CancellationToken cancellationToken)
    {
        var changed = await session.ExecuteAsync(
            "UPDATE terminals SET connected = $1, last_contact_at = $2, version = $3 WHERE id = $4",
            [connected ? 1 : 0, Micros.Of(Now), await session.NextVersionAsync(cancellationToken), terminal.Value],
            cancellationToken);
        session.Touch(Topic.Terminals, terminal.Value);
        return changed > 0;
    }

    private static Refusal? Check(TerminalId terminal, Known? known, string fingerprint) => known switch
    {
        null => Refusal.Missing(terminal.ResourceName),
        { State: TerminalState.Retired } => Refusal.Gate(
            ReasonCodes.RetiredContact, terminal.ResourceName, $"Terminal {terminal} is retired and made contact."),
        _ when known.Fingerprint != fingerprint => Refusal.Gate(
            AlarmCodes.CertificateSuperseded, terminal.ResourceName, "A certificate was presented that is not the terminal's valid one."),
        _ => null,
    };
}
