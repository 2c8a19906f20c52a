using Fleet.Server.Domain;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Lists;

/// <summary>A request that was answered before.</summary>
/// <param name="Resource">What it made.</param>
internal sealed record AnsweredRequest(string Fingerprint, string Resource);

/// <summary>Remembers request ids in the transaction that does what they ask, so that a repeated request does nothing twice.</summary>
internal static class Requests
{
    /// <summary>What the request made when it came first; null when it is new or carries no id.</summary>
    public static async Task<Answer<AnsweredRequest>?> FindAsync(
        Session session, string scope, string requestId, string fingerprint, CancellationToken cancellationToken)
    {
        if (requestId.Length == 0)
        {
            return null;
        }

        var found = await session.FirstAsync(
            "SELECT fingerprint, resource FROM requests WHERE scope = $1 AND request_id = $2",
            [scope, requestId],
            static row => new AnsweredRequest(row.GetString(0), row.GetString(1)),
            cancellationToken);
        return found switch
        {
            null => null,
            _ when found.Fingerprint == fingerprint => found,
            _ => new Refusal(
                RefusalKind.InvalidArgument, RefusalCodes.RequestIdReused, "This request_id was used before for a different request.", "request_id"),
        };
    }

    public static async Task KeepAsync(
        Session session, string scope, string requestId, string fingerprint, string resource, long now, CancellationToken cancellationToken)
    {
        if (requestId.Length > 0)
        {
            await session.ExecuteAsync(
                "INSERT INTO requests (scope, request_id, fingerprint, resource, created_at) VALUES ($1, $2, $3, $4, $5)",
                [scope, requestId, fingerprint, resource, now],
                cancellationToken);
        }
    }
}
