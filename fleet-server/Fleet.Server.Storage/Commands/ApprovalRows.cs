using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Storage.Engine;
using Google.Protobuf;

namespace Fleet.Server.Storage.Commands;

/// <summary>Approvals in rows.</summary>
internal static class ApprovalRows
{
    private sealed record Stored(string KeyId, byte[] Signature);

    /// <summary>Keeps an approval; false when this key has approved before.</summary>
    public static async Task<bool> KeepAsync(Session session, string commandId, ApprovalWord word, string owner, DateTimeOffset now, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            "INSERT INTO command_approvals (command_id, key_id, owner, signature, given_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            [commandId, word.KeyId, owner, word.Value, Micros.Of(now)],
            cancellationToken) > 0;

    /// <summary>The signatures given so far.</summary>
    public static async Task<IReadOnlyList<Signature>> SignaturesAsync(Session session, string commandId, CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync(
            "SELECT key_id, signature FROM command_approvals WHERE command_id = $1 ORDER BY given_at, key_id",
            [commandId],
            static row => new Stored(row.GetString(0), row.Bytes(1)),
            cancellationToken);
        return [.. rows.Select(static r => new Signature { KeyId = r.KeyId, Value = ByteString.CopyFrom(r.Signature) })];
    }

    /// <summary>Who approved so far.</summary>
    public static Task<List<GivenApproval>> GivenAsync(Session session, string commandId, CancellationToken cancellationToken) => session.QueryAsync(
        "SELECT owner, key_id, given_at FROM command_approvals WHERE command_id = $1 ORDER BY given_at, key_id",
        [commandId],
        static row => new GivenApproval(row.GetString(0), row.GetString(1), row.Time(2)),
        cancellationToken);
}
