using System.Globalization;
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
        .. TerminalSettings(),
        .. TillSettings(),
        .. LeaseSettings(),
        .. CommandSettings(),
        .. LinkSettings(),
        .. UplinkSettings(),
        Setting.Size("trace.maximumSize", static (s, v) => s.Trace.MaximumBytes = v),
        Setting.Duration("trace.maximumAge", static (s, v) => s.Trace.MaximumAge = v),
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
        Setting.Flag("journal.encryption", static (s, v) => s.Journal.Encryption = v),
    ];

    private static IEnumerable<Setting> TerminalSettings() =>
    [
        Setting.Text("terminal.address", static (s, v) => s.Terminal.Address = v),
        Setting.Text("terminal.profile", static (s, v) => s.Terminal.Profile = v.Trim().ToLowerInvariant()),
        Setting.Text("terminal.password", static (s, v) => s.Terminal.Password = v),
        new("terminal.registrationConfig", "a byte in hexadecimal, such as BE", static (s, _, v) => TakeHexByte(v, b => s.Terminal.RegistrationConfig = b)),
        Setting.Text("terminal.currency", static (s, v) => s.Terminal.Currency = v.ToUpperInvariant()),
        Setting.Text("terminal.permittedCommands", static (s, v) => s.Terminal.PermittedCommands = v),
        Setting.Text("terminal.expectedTid", static (s, v) => s.Terminal.ExpectedTid = v),
        Setting.Duration("terminal.byteGap", static (s, v) => s.Terminal.ByteGap = v),
        Setting.Duration("terminal.acknowledgeTimeout", static (s, v) => s.Terminal.AcknowledgeTimeout = v),
        Setting.Duration("terminal.responseTimeout", static (s, v) => s.Terminal.ResponseTimeout = v),
        Setting.Duration("terminal.dialogueTimeout", static (s, v) => s.Terminal.DialogueTimeout = v),
        Setting.Duration("terminal.pollInterval", static (s, v) => s.Terminal.PollInterval = v),
        Setting.Duration("terminal.reopenMinimum", static (s, v) => s.Terminal.ReopenMinimum = v),
        Setting.Duration("terminal.reopenMaximum", static (s, v) => s.Terminal.ReopenMaximum = v),
        Setting.Duration("terminal.readyPause", static (s, v) => s.Terminal.ReadyPause = v),
    ];

    private static IEnumerable<Setting> TillSettings() =>
    [
        Setting.Text("till.endpoint", static (s, v) => s.Till.Endpoint = v),
        Setting.Text("till.serialPort", static (s, v) => s.Till.SerialPort = v),
        Setting.Number("till.maxConnections", static (s, v) => s.Till.MaxConnections = v),
        Setting.Number("till.maxCommandLength", static (s, v) => s.Till.MaxCommandLength = v),
        Setting.Duration("till.answerTimeout", static (s, v) => s.Till.AnswerTimeout = v),
        Setting.Duration("till.goodsTimeout", static (s, v) => s.Till.GoodsTimeout = v),
        Setting.Duration("till.lineWait", static (s, v) => s.Till.LineWait = v),
        Setting.Duration("till.fateWait", static (s, v) => s.Till.FateWait = v),
        Setting.Flag("till.salesWhileUnresolved", static (s, v) => s.Till.SalesWhileUnresolved = v),
        Setting.Text("till.language", static (s, v) => s.Till.Language = v),
        Setting.Duration("till.stopPatience", static (s, v) => s.Till.StopPatience = v),
        new("till.methodsOff", "names with blanks between them", static (s, _, v) =>
        {
            s.Till.MethodsOff.UnionWith(v.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            return true;
        }),
        Setting.Number("till.offlineCount", static (s, v) => s.Till.OfflineCount = v),
        Setting.Duration("till.offlineAge", static (s, v) => s.Till.OfflineAge = v),
        Amounts("till.offlineAmounts", static s => s.Till.OfflineAmounts),
        Amounts("till.amountCaps", static s => s.Till.AmountCaps),
    ];

    private static Setting Amounts(string key, Func<AgentSettings, IDictionary<string, long>> of) => Setting.Group(key, "an amount in minor units", (s, name, v) =>
    {
        var valid = long.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var minorUnits);
        if (valid)
        {
            of(s)[name.ToUpperInvariant()] = minorUnits;
        }

        return valid;
    });

    private static IEnumerable<Setting> LeaseSettings() =>
    [
        Setting.Duration("lease.warnAfter", static (s, v) => s.Lease.WarnAfter = v),
        Setting.Duration("lease.lowerLimitAfter", static (s, v) => s.Lease.LowerLimitAfter = v),
        Setting.Duration("lease.noOfflineAfter", static (s, v) => s.Lease.NoOfflineAfter = v),
        Setting.Duration("lease.lockAfter", static (s, v) => s.Lease.LockAfter = v),
        Amounts("lease.lowerLimits", static s => s.Lease.LowerLimits),
    ];

    private static IEnumerable<Setting> CommandSettings() =>
    [
        Setting.Duration("commands.retryMinimum", static (s, v) => s.Commands.RetryMinimum = v),
        Setting.Duration("commands.retryMaximum", static (s, v) => s.Commands.RetryMaximum = v),
        Setting.Duration("commands.disablePatience", static (s, v) => s.Commands.DisablePatience = v),
        Setting.Duration("commands.uploadPatience", static (s, v) => s.Commands.UploadPatience = v),
        Setting.Duration("commands.restartPatience", static (s, v) => s.Commands.RestartPatience = v),
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
        Setting.Size("uplink.bytesPerSecond", static (s, v) => s.Uplink.BytesPerSecond = (int)Math.Min(v, int.MaxValue)),
        Setting.Duration("uplink.stoppedPause", static (s, v) => s.Uplink.StoppedPause = v),
    ];

    private static bool TakeHexByte(string value, Action<byte> set)
    {
        var valid = byte.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number);
        if (valid)
        {
            set(number);
        }

        return valid;
    }

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
