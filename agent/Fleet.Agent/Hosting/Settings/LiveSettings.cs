namespace Fleet.Agent.Hosting.Settings;

/// <summary>The settings that may change while the agent runs; all others need a restart.</summary>
internal static class LiveSettings
{
    private static readonly string[] Prefixes = ["till.offline", "till.amountCaps.", "lease.", "commands.", "health.", "trace."];

    private static readonly string[] Keys =
    [
        "log.level", "till.answerTimeout", "till.goodsTimeout", "till.lineWait", "till.fateWait", "till.salesWhileUnresolved", "till.language", "till.stopPatience",
        "till.methodsOff", "uplink.maximumAge", "uplink.acknowledgeTimeout", "uplink.stoppedPause", "uplink.bytesPerSecond", "journal.retention",
    ];

    /// <summary>True for a key that takes effect at once.</summary>
    public static bool Has(string key) =>
        Keys.Contains(key, StringComparer.OrdinalIgnoreCase) || Prefixes.Any(p => key.StartsWith(p, StringComparison.OrdinalIgnoreCase));

    /// <summary>Puts the live part of <paramref name="from"/> in force.</summary>
    public static void Copy(AgentSettings from, AgentSettings to, LogLevelSwitch level)
    {
        level.Configured = to.LogLevel = from.LogLevel;
        to.Till.TakeLive(from.Till);
        to.Lease.TakeLive(from.Lease);
        to.Commands.TakeLive(from.Commands);
        (to.Uplink.MaximumAge, to.Uplink.AcknowledgeTimeout, to.Uplink.StoppedPause) = (from.Uplink.MaximumAge, from.Uplink.AcknowledgeTimeout, from.Uplink.StoppedPause);
        to.Uplink.BytesPerSecond = from.Uplink.BytesPerSecond;
        (to.Health.MinimumInterval, to.Health.Heartbeat) = (from.Health.MinimumInterval, from.Health.Heartbeat);
        (to.Trace.MaximumBytes, to.Trace.MaximumAge) = (from.Trace.MaximumBytes, from.Trace.MaximumAge);
        to.Journal.Retention = from.Journal.Retention;
    }
}
