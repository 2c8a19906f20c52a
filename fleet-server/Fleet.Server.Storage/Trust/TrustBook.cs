using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Trust;
using Fleet.Server.Storage.Engine;
using Google.Protobuf;

namespace Fleet.Server.Storage.Trust;

/// <inheritdoc cref="ITrustBook"/>
public sealed class TrustBook(FleetDatabase database) : ITrustBook
{
    private const string Resource = "trust";

    private sealed record Stored(byte[] Envelope, string Actor, long Published);

    /// <inheritdoc/>
    public Task<TrustView> CurrentAsync(TrustBundle initial, CancellationToken cancellationToken) =>
        database.ReadAsync((session, ct) => CurrentAsync(session, initial, ct), cancellationToken);

    /// <inheritdoc/>
    public Task<Answer<TrustView>> PublishAsync(SignedEnvelope envelope, TrustBundle initial, Actor actor, CancellationToken cancellationToken) =>
        database.WriteAsync((session, ct) => PublishAsync(session, envelope, initial, actor, ct), cancellationToken);

    /// <summary>Bundles that an agent has not got yet, oldest first: each is signed by the roots of the one before.</summary>
    public Task<List<PublishedBundle>> MissingAsync(TerminalId terminal, CancellationToken cancellationToken) => database.ReadAsync(
        (session, ct) => session.QueryAsync(
            "SELECT version, envelope FROM trust_bundles WHERE version > (SELECT trust_version FROM terminals WHERE id = $1) ORDER BY version",
            [terminal.Value],
            static row => new PublishedBundle(row.GetInt64(0), row.Bytes(1)),
            ct),
        cancellationToken);

    /// <summary>An agent has taken a bundle; what it says in its next hello counts more.</summary>
    public Task<bool> TakenAsync(TerminalId terminal, long version, CancellationToken cancellationToken) => database.WriteAsync(
        async (session, ct) => await session.ExecuteAsync(
            "UPDATE terminals SET trust_version = $1 WHERE id = $2 AND trust_version < $1", [version, terminal.Value], ct) > 0,
        cancellationToken);

    /// <summary>The bundle in force inside a transaction; null before the first was published.</summary>
    internal static async Task<TrustBundle?> InForceAsync(Session session, CancellationToken cancellationToken) =>
        await LatestAsync(session, cancellationToken) is { } stored ? BundleOf(stored) : null;

    private static Task<Stored?> LatestAsync(Session session, CancellationToken cancellationToken) => session.FirstAsync(
        "SELECT envelope, actor, published_at FROM trust_bundles ORDER BY version DESC LIMIT 1",
        [],
        static row => new Stored(row.Bytes(0), row.GetString(1), row.GetInt64(2)),
        cancellationToken);

    private static TrustBundle BundleOf(Stored stored) => TrustBundle.Parser.ParseFrom(SignedEnvelope.Parser.ParseFrom(stored.Envelope).Payload);

    private static async Task<TrustView> CurrentAsync(Session session, TrustBundle initial, CancellationToken cancellationToken) =>
        await LatestAsync(session, cancellationToken) is { } stored
            ? new TrustView(BundleOf(stored), Actor.Parse(stored.Actor), Micros.ToTime(stored.Published))
            : new TrustView(initial, null, null);

    private async Task<Answer<TrustView>> PublishAsync(
        Session session, SignedEnvelope envelope, TrustBundle initial, Actor actor, CancellationToken cancellationToken)
    {
        var current = await CurrentAsync(session, initial, cancellationToken);
        if (envelope.Payload.Equals(current.Bundle.ToByteString()))
        {
            return current;
        }

        if (TrustSuccession.Next(current.Bundle, envelope, out var fault) is not { } next)
        {
            return Refusal.Gate(fault!.Code, Resource, fault.Text);
        }

        if (initial.Keys.FirstOrDefault(own => !next.Keys.Any(k => k.PublicKey.Equals(own.PublicKey) && own.Roles.All(k.Roles.Contains))) is { } left)
        {
            return Refusal.Gate(ReasonCodes.TrustRefused, Resource, $"keys: this server's own key {left.KeyId} is not among them; no agent would obey it any more");
        }

        var now = database.Clock.GetUtcNow();
        await session.ExecuteAsync(
            "INSERT INTO trust_bundles (version, envelope, actor, published_at) VALUES ($1, $2, $3, $4)",
            [(long)next.Version, envelope.ToByteArray(), actor.ToString(), Micros.Of(now)],
            cancellationToken);
        foreach (var terminal in await session.QueryAsync("SELECT id FROM terminals WHERE connected = 1", [], static row => row.GetString(0), cancellationToken))
        {
            // The road to the agents looks at them all.
            session.Touch(Topic.Commands, terminal);
        }

        return new TrustView(next, actor, now);
    }
}

/// <summary>A bundle as it goes to agents.</summary>
/// <param name="Version">Of the bundle.</param>
/// <param name="Envelope">Serialized <c>SignedEnvelope</c>.</param>
public sealed record PublishedBundle(long Version, byte[] Envelope);
