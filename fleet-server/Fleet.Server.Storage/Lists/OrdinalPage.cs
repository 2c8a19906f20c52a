using System.Globalization;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Lists;

namespace Fleet.Server.Storage.Lists;

/// <summary>Pages of a list that is ordered by the order of insertion, newest first.</summary>
/// <param name="list">What is listed and how it is filtered: the mark of its page tokens.</param>
internal sealed class OrdinalPage(string list, ListQuery query)
{
    /// <summary>One row more than the page tells whether another page follows.</summary>
    public int Limit => query.EffectivePageSize + 1;

    /// <summary>Adds the condition that begins after the page before.</summary>
    public Refusal? Continue(SqlFilter filter, string column)
    {
        if (query.PageToken.Length == 0)
        {
            return null;
        }

        if (!PageToken.TryRead(list, query.PageToken, out var key) || !long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal))
        {
            return Refusal.Invalid("page_token", "It is no page token of this list and filter.");
        }

        filter.And(column + " < {0}", ordinal);
        return null;
    }

    /// <summary>The page, from rows whose version is their ordinal.</summary>
    public Page<T> Cut<T>(List<Versioned<T>> rows)
    {
        var page = rows.Take(query.EffectivePageSize).ToList();
        var next = rows.Count > page.Count ? PageToken.Write(list, page[^1].Version.ToString(CultureInfo.InvariantCulture)) : string.Empty;
        return new Page<T>(page.ConvertAll(static row => row.Item), next);
    }
}
