using System.Globalization;

namespace Grpc.Core.Internal;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit (H, M, S, m, u, n).</summary>
internal static class TimeoutHeader
{
    public const string Name = "grpc-timeout";

    private const int MostDigits = 8;
    private const long Most = 99_999_999;
    private const int NanosecondsPerTick = 100;

    /// <summary>Reads a header; null if it is none.</summary>
    public static TimeSpan? Parse(string? value)
    {
        if (value is null || value.Length is < 2 or > MostDigits + 1 ||
            !long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
        {
            return null;
        }

        return value[^1] switch
        {
            'H' => Ticks(amount, TimeSpan.TicksPerHour),
            'M' => Ticks(amount, TimeSpan.TicksPerMinute),
            'S' => Ticks(amount, TimeSpan.TicksPerSecond),
            'm' => Ticks(amount, TimeSpan.TicksPerMillisecond),
            'u' => Ticks(amount, TimeSpan.TicksPerMicrosecond),
            'n' => TimeSpan.FromTicks((amount + NanosecondsPerTick - 1) / NanosecondsPerTick),
            _ => null,
        };
    }

    /// <summary>Writes a header: never longer than <paramref name="timeout"/> by more than the unit it needs, never zero.</summary>
    public static string Format(TimeSpan timeout)
    {
        var ticks = Math.Max(timeout.Ticks, 1);
        if (ticks <= Most / NanosecondsPerTick)
        {
            return $"{ticks * NanosecondsPerTick}n";
        }

        if (ticks / TimeSpan.TicksPerMicrosecond < Most)
        {
            return $"{RoundUp(ticks, TimeSpan.TicksPerMicrosecond)}u";
        }

        if (ticks / TimeSpan.TicksPerMillisecond < Most)
        {
            return $"{RoundUp(ticks, TimeSpan.TicksPerMillisecond)}m";
        }

        return ticks / TimeSpan.TicksPerSecond < Most
            ? $"{RoundUp(ticks, TimeSpan.TicksPerSecond)}S"
            : $"{Math.Min(RoundUp(ticks, TimeSpan.TicksPerHour), Most)}H";
    }

    private static long RoundUp(long ticks, long unit) => (ticks + unit - 1) / unit;

    private static TimeSpan Ticks(long amount, long unit) =>
        amount > TimeSpan.MaxValue.Ticks / unit ? TimeSpan.MaxValue : TimeSpan.FromTicks(amount * unit);
}
