using System.Globalization;

namespace Fleet.Agent.Hosting.Settings;

/// <summary>Reads values as people write them.</summary>
public static class SettingText
{
    private static readonly (string Unit, double Seconds)[] Durations =
        [("ms", 0.001), ("s", 1), ("min", 60), ("m", 60), ("h", 3600), ("d", 86400)];

    private static readonly (string Unit, double Bytes)[] Sizes =
        [("KB", 1024), ("MB", 1024 * 1024), ("GB", 1024 * 1024 * 1024), ("B", 1)];

    /// <summary><c>500ms</c>, <c>30s</c>, <c>5min</c>, <c>12h</c>, <c>7d</c>, <c>0</c> or <c>hh:mm:ss</c>.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        text = text.Trim();
        duration = TimeSpan.Zero;
        if (text == "0" || (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration)))
        {
            return true;
        }

        if (!TryWithUnit(text, Durations, out var seconds) || seconds > TimeSpan.FromDays(36500).TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary><c>0</c>, <c>4096B</c>, <c>64MB</c>, <c>1GB</c>; K, M and G are powers of 1024.</summary>
    public static bool TrySize(string text, out long bytes)
    {
        var valid = TryWithUnit(text.Trim(), Sizes, out var number) && number <= 1L << 50;
        bytes = valid ? (long)number : 0;
        return valid || text.Trim() == "0";
    }

    private static bool TryWithUnit(string text, (string Unit, double Factor)[] units, out double value)
    {
        foreach (var (unit, factor) in units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value))
            {
                value *= factor;
                return double.IsFinite(value);
            }
        }

        value = 0;
        return false;
    }
}
