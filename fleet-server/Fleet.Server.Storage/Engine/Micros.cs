using System.Data.Common;

namespace Fleet.Server.Storage.Engine;

/// <summary>Times as the database keeps them: microseconds since 1970-01-01T00:00:00Z.</summary>
public static class Micros
{
    private static readonly long Smallest = Of(DateTimeOffset.MinValue);
    private static readonly long Largest = Of(DateTimeOffset.MaxValue);

    /// <summary>Microseconds of a time.</summary>
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Time of microseconds; beyond the calendar it is the calendar's end.</summary>
    public static DateTimeOffset ToTime(long micros) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(micros, Smallest, Largest) * TimeSpan.TicksPerMicrosecond);

    /// <summary>Reads a column.</summary>
    public static DateTimeOffset Time(this DbDataReader row, int column) => ToTime(row.GetInt64(column));

    /// <summary>Reads a column that may be NULL.</summary>
    public static DateTimeOffset? TimeOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    /// <summary>Reads a column that may be NULL.</summary>
    public static long? LongOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    /// <summary>Reads an enum's name.</summary>
    public static TEnum Name<TEnum>(this DbDataReader row, int column)
        where TEnum : struct, Enum => Enum.Parse<TEnum>(row.GetString(column));

    /// <summary>Reads bytes.</summary>
    public static byte[] Bytes(this DbDataReader row, int column) => (byte[])row.GetValue(column);
}
