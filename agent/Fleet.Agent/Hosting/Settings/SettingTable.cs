using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Hosting.Settings;

/// <summary>Every setting there is.</summary>
internal static class SettingTable
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Text("data", static (s, v) => s.Journal.DataDirectory = v),
        new("log.level", "debug, information, warning or error", static (s, _, v) => TakeLevel(s, v)),
        .. JournalSettings(),
        .. LinkSettings(),
        .. UplinkSettings(),
        Setting.Duration("health.minimumInterval", static (s, v) => s.Health.MinimumInterval = v),
        Setting.Duration("health.heartbeat", static (s, v) => s.Health.Heartbeat = v),
    ];

    /// <summary>The setting that is probably meant; null when none is near.</summary>
    public static string? Nearest(string key) => All
        .Select(setting => (setting.Key, Distance: Distance(setting.Key.ToLowerInvariant(), key.ToLowerInvariant())))
        .Where(static candidate => candidate.Distance <= 3)
        .OrderBy(static candidate => candidate.Distance)
        .Select(static candidate => candidate.Key)
        .FirstOrDefault();

    private static IEnumerable<Setting> JournalSettings() =>
    [
        Setting.Duration("journal.retention", static (s, v) => s.Journal.Retention = v),
        Setting.Size("journal.minimumFree", static (s, v) => s.Journal.MinimumFreeBytes = v),
        Setting.Size("journal.reserve", static (s, v) => s.Journal.ReserveBytes = v),
    ];

    private static IEnumerable<Setting> LinkSettings() =>
    [
        Setting.Duration("link.keepAlive", static (s, v) => s.Link.KeepAlive = v),
        Setting.Duration("link.sessionExpiry", static (s, v) => s.Link.SessionExpiry = v),
        Setting.Duration("link.connectTimeout", static (s, v) => s.Link.ConnectTimeout = v),
        Setting.Duration("link.reconnectMinimum", static (s, v) => s.Link.ReconnectMinimum = v),
        Setting.Duration("link.reconnectMaximum", static (s, v) => s.Link.ReconnectMaximum = v),
    ];

    private static IEnumerable<Setting> UplinkSettings() =>
    [
        Setting.Number("uplink.batchEntries", static (s, v) => s.Uplink.BatchEntries = v),
        Setting.Size("uplink.batchBytes", static (s, v) => s.Uplink.BatchBytes = (int)Math.Min(v, int.MaxValue)),
        Setting.Number("uplink.inFlight", static (s, v) => s.Uplink.InFlight = v),
        Setting.Duration("uplink.maximumAge", static (s, v) => s.Uplink.MaximumAge = v),
        Setting.Duration("uplink.acknowledgeTimeout", static (s, v) => s.Uplink.AcknowledgeTimeout = v),
        Setting.Duration("uplink.stoppedPause", static (s, v) => s.Uplink.StoppedPause = v),
    ];

    private static bool TakeLevel(AgentSettings settings, string value)
    {
        LogLevel? level = value.Trim().ToLowerInvariant() switch
        {
            "debug" => LogLevel.Debug,
            "info" or "information" => LogLevel.Information,
            "warn" or "warning" => LogLevel.Warning,
            "error" => LogLevel.Error,
            _ => null,
        };
        settings.LogLevel = level ?? settings.LogLevel;
        return level is not null;
    }

    private static int Distance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(change, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[b.Length];
    }
}
