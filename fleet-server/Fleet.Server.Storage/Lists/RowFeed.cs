using System.Runtime.CompilerServices;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Lists;
using Fleet.Server.Storage.Engine;

namespace Fleet.Server.Storage.Lists;

/// <summary>A row with the version it has now.</summary>
internal sealed record Versioned<T>(T Item, long Version);

/// <summary>Reads the rows above a version, lowest first, at most so many.</summary>
internal delegate Task<List<Versioned<T>>> VersionedPage<T>(Session session, long after, int limit, CancellationToken cancellationToken);

/// <summary>
/// Follows the versions of a table. Between two looks into the database it holds nothing, so a slow reader costs nothing and
/// meets each row at its latest state.
/// </summary>
/// <param name="list">What is watched and how it is filtered: the mark of its resume tokens.</param>
/// <param name="after">Version to go on from; null = from now.</param>
internal sealed class RowFeed<T>(FleetDatabase database, Topic topic, VersionedPage<T> page, string list, long? after) : IChangeFeed<T>
{
    private const int PageSize = 256;

    /// <summary>Version in a resume token; false when it is of another watch.</summary>
    public static bool TryReadToken(string list, string token, out long version)
    {
        version = 0;
        return PageToken.TryRead(list, token, out var key)
            && long.TryParse(key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out version);
    }

    public async IAsyncEnumerable<Change<T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reached = after ?? await database.ReadAsync(
            static (session, ct) => session.ScalarAsync("SELECT value FROM change_counter WHERE id = 1", [], ct), cancellationToken);
        while (true)
        {
            // Taken before the look, so that a commit in between is not missed.
            var changed = database.Changes.Next(topic);
            var rows = await database.ReadAsync((session, ct) => page(session, reached, PageSize, ct), cancellationToken);
            foreach (var row in rows)
            {
                reached = row.Version;
                yield return new Change<T>(row.Item, PageToken.Write(list, reached.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            }

            if (rows.Count < PageSize)
            {
                await WaitAsync(database, changed, cancellationToken);
            }
        }
    }

    /// <summary>Waits for a change, or for the time at which one looks anyway (another server wrote it).</summary>
    internal static async Task WaitAsync(FleetDatabase database, Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(database.Options.WatchPollInterval, database.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Time to look.
        }
    }
}
