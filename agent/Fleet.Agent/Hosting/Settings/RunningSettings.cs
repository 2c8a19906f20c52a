using Fleet.Agent.Commands;

namespace Fleet.Agent.Hosting.Settings;

/// <summary>What reading the settings again has done.</summary>
/// <param name="Faults">Everything that is wrong; when there is any, nothing was changed.</param>
/// <param name="Changed">Keys that have another value now.</param>
/// <param name="NeedRestart">Keys whose new value takes effect at the next start.</param>
public sealed record ReloadResult(IReadOnlyList<SettingFault> Faults, IReadOnlyList<string> Changed, IReadOnlyList<string> NeedRestart);

/// <summary>
/// The settings in force, and where they came from. File, then the fleet, then environment, then command line: the later wins. A change is
/// taken as a whole or not at all.
/// </summary>
public sealed class RunningSettings(AgentSettings running, SettingInputs inputs, LogLevelSwitch level) : IAgentConfiguration
{
    private readonly Lock _lock = new();
    private IReadOnlyList<KeyValuePair<string, string>> _fleet = [];

    // What the agent was started with, before anybody could change the file.
    private IReadOnlyDictionary<string, string> _values = SettingSources.Read(inputs, [], out _).Values;

    /// <summary>Every value that was set, by its key.</summary>
    public IReadOnlyDictionary<string, string> Values
    {
        get
        {
            lock (_lock)
            {
                return _values;
            }
        }
    }

    /// <summary>Reads file, environment and command line again.</summary>
    public ReloadResult Reload()
    {
        lock (_lock)
        {
            return TakeLocked(_fleet);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Faults(IReadOnlyList<KeyValuePair<string, string>> desired)
    {
        SettingSources.Read(inputs, desired, out var faults);
        return
        [
            .. desired.Where(static s => !LiveSettings.Has(s.Key)).Select(static s => $"{s.Key}: cannot be changed from afar; it needs a restart on site"),
            .. faults.Select(static f => f.ToString()),
        ];
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<KeyValuePair<string, string>> desired)
    {
        lock (_lock)
        {
            if (TakeLocked(desired).Faults.Count == 0)
            {
                _fleet = desired;
            }
        }
    }

    /// <inheritdoc/>
    public string Report(IReadOnlyList<KeyValuePair<string, string>> desired)
    {
        var values = SettingSources.Read(inputs, desired, out _).Values;
        return string.Join('\n', desired.Select(s => $"{s.Key}: {values.GetValueOrDefault(s.Key, string.Empty)}"));
    }

    private ReloadResult TakeLocked(IReadOnlyList<KeyValuePair<string, string>> fleet)
    {
        var before = _values;
        var loaded = SettingSources.Read(inputs, fleet, out var faults);
        if (faults.Count > 0)
        {
            return new ReloadResult(faults, [], []);
        }

        var changed = before.Keys.Union(loaded.Values.Keys, StringComparer.OrdinalIgnoreCase)
            .Where(k => before.GetValueOrDefault(k) != loaded.Values.GetValueOrDefault(k)).Order(StringComparer.Ordinal).ToList();
        LiveSettings.Copy(loaded.Settings, running, level);
        _values = loaded.Values;
        return new ReloadResult([], changed, [.. changed.Where(static k => !LiveSettings.Has(k))]);
    }
}
