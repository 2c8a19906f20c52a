using Fleet.Server.Domain;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Api;

/// <summary>Fields that many requests share, checked.</summary>
public static class Paging
{
    /// <summary>Which page is asked for.</summary>
    /// <exception cref="RefusedException">The page size is negative.</exception>
    public static ListQuery Query(int pageSize, string pageToken, string filter) =>
        pageSize >= 0
            ? new ListQuery(pageSize, pageToken, filter)
            : throw new RefusedException(Refusal.Invalid("page_size", $"{pageSize} is negative; 0 means {ListQuery.DefaultPageSize}, at most {ListQuery.MaximumPageSize}."));

    /// <summary>A duration of the wire; null for none.</summary>
    /// <exception cref="RefusedException">It is outside what a duration can be; <paramref name="field"/> is named.</exception>
    public static TimeSpan? Duration(Duration? duration, string field)
    {
        try
        {
            return duration?.ToTimeSpan();
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw new RefusedException(Refusal.Invalid(field, "No valid duration."));
        }
    }

    /// <summary>A time of the wire; null for none.</summary>
    /// <exception cref="RefusedException">It is outside what a time can be; <paramref name="field"/> is named.</exception>
    public static DateTimeOffset? Time(Timestamp? time, string field)
    {
        try
        {
            return time?.ToDateTimeOffset();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw new RefusedException(Refusal.Invalid(field, "No valid time."));
        }
    }
}
