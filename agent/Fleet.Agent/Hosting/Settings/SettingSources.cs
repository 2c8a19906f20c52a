namespace Fleet.Agent.Hosting.Settings;

/// <summary>
/// Puts the settings together: file, then environment (<c>FLEET_AGENT_TERMINAL__ADDRESS</c>), then command line
/// (<c>--set terminal.address=…</c>); the later wins. Everything that is wrong is found in one go.
/// </summary>
public static class SettingSources
{
    /// <summary>Beginning of the environment variables that are settings.</summary>
    public const string EnvironmentPrefix = "FLEET_AGENT_";

    /// <summary>Source of what the fleet wants, as faults name it.</summary>
    public const string FleetSource = "the fleet";

    // Variables of the same prefix that are no settings.
    private static readonly string[] OtherVariables = ["FLEET_AGENT_CRASH_AT", "FLEET_AGENT_CRASH_LOG", "FLEET_AGENT_CRASH_ARM"];

    /// <summary>Reads everything; the settings are of use only when <paramref name="faults"/> stays empty.</summary>
    /// <param name="file">YAML file, or null.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="assignments"><c>key=value</c> of the command line.</param>
    /// <param name="faults">Everything that is wrong.</param>
    public static AgentSettings Read(
        string? file, IEnumerable<KeyValuePair<string, string>> environment, IEnumerable<string> assignments, out IReadOnlyList<SettingFault> faults) =>
        Read(new SettingInputs(file, [.. environment], [.. assignments]), [], out faults).Settings;

    /// <summary>Reads everything, with what the fleet wants between file and environment.</summary>
    /// <param name="inputs">Where the agent's own settings come from.</param>
    /// <param name="fleet">What the fleet wants.</param>
    /// <param name="faults">Everything that is wrong.</param>
    public static LoadedSettings Read(SettingInputs inputs, IReadOnlyList<KeyValuePair<string, string>> fleet, out IReadOnlyList<SettingFault> faults)
    {
        var (file, environment, assignments) = inputs;
        var found = new List<SettingFault>();
        var settings = new AgentSettings();
        var sources = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var effective = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        IReadOnlyList<SettingValue> values =
        [
            .. file is null ? [] : YamlSettings.ReadFile(file, found),
            .. fleet.Select(static s => new SettingValue(s.Key, s.Value, FleetSource)), .. FromEnvironment(environment), .. FromCommandLine(assignments, found),
        ];
        foreach (var value in values)
        {
            Take(settings, value, found);
            sources[value.Key] = value.Source;
            effective[value.Key] = value.Value;
        }

        // A value that could not be read is one fault, not a second one about the default that stands in for it.
        var unread = found.Select(static f => f.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        found.AddRange(settings.Faults().Select(SettingFault.Parse)
            .Where(fault => !unread.Contains(fault.Key))
            .Select(fault => fault with { Source = sources.GetValueOrDefault(fault.Key, string.Empty) }));
        faults = found;
        return new LoadedSettings(settings, effective);
    }

    private static void Take(AgentSettings settings, SettingValue value, List<SettingFault> faults)
    {
        var setting = SettingTable.All.FirstOrDefault(s => s.Fits(value.Key));
        if (setting is null)
        {
            var near = SettingTable.Nearest(value.Key);
            faults.Add(new SettingFault(value.Key, near is null ? "no such setting" : $"no such setting; {near}?", value.Source));
        }
        else if (!setting.Take(settings, value.Key[Math.Min(setting.Key.Length, value.Key.Length)..], value.Value))
        {
            faults.Add(new SettingFault(value.Key, $"'{Shortened(value.Value)}' is not {setting.Wanted}", value.Source));
        }
    }

    private static IEnumerable<SettingValue> FromEnvironment(IEnumerable<KeyValuePair<string, string>> environment) => environment
        .Where(static v => v.Key.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && !OtherVariables.Contains(v.Key))
        .OrderBy(static v => v.Key, StringComparer.Ordinal)
        .Select(static v => new SettingValue(
            v.Key[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal).ToLowerInvariant(), v.Value, $"environment variable {v.Key}"));

    private static List<SettingValue> FromCommandLine(IEnumerable<string> assignments, List<SettingFault> faults)
    {
        var values = new List<SettingValue>();
        foreach (var assignment in assignments)
        {
            if (assignment.Split('=', 2) is [{ Length: > 0 } key, var value])
            {
                values.Add(new SettingValue(key.Trim(), value, "command line"));
            }
            else
            {
                faults.Add(new SettingFault("--set", $"'{Shortened(assignment)}' is not KEY=VALUE", "command line"));
            }
        }

        return values;
    }

    private static string Shortened(string value) => value.Length <= 60 ? value : value[..57] + "...";
}

/// <summary>Where an agent's own settings come from, to be read again.</summary>
/// <param name="File">YAML file, or null.</param>
/// <param name="Environment">Environment variables.</param>
/// <param name="Assignments"><c>key=value</c> of the command line.</param>
public sealed record SettingInputs(string? File, IReadOnlyList<KeyValuePair<string, string>> Environment, IReadOnlyList<string> Assignments);

/// <summary>Settings as they were read.</summary>
/// <param name="Settings">Of use only without faults.</param>
/// <param name="Values">Every value that was set, by its key; the one that counts.</param>
public sealed record LoadedSettings(AgentSettings Settings, IReadOnlyDictionary<string, string> Values);
