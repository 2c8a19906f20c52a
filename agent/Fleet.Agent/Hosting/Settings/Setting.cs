using System.Globalization;

namespace Fleet.Agent.Hosting.Settings;

/// <summary>One setting: its key, what it wants to be, and where the value goes.</summary>
/// <param name="Key">Path with dots; one that ends with a dot takes any name after it.</param>
/// <param name="Wanted">What a value should look like, for the fault.</param>
/// <param name="Take">Puts the value into the settings; false when it is not what is wanted. Gets the part of the key after the dot.</param>
internal sealed record Setting(string Key, string Wanted, Func<AgentSettings, string, string, bool> Take)
{
    public static Setting Text(string key, Action<AgentSettings, string> set) => new(key, "a text", (settings, _, value) =>
    {
        set(settings, value);
        return true;
    });

    public static Setting Number(string key, Action<AgentSettings, int> set) => new(key, "a whole number", (settings, _, value) =>
    {
        var valid = int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (valid)
        {
            set(settings, number);
        }

        return valid;
    });

    public static Setting Flag(string key, Action<AgentSettings, bool> set) => new(key, "true or false", (settings, _, value) =>
    {
        var valid = bool.TryParse(value, out var flag);
        if (valid)
        {
            set(settings, flag);
        }

        return valid;
    });

    public static Setting Duration(string key, Action<AgentSettings, TimeSpan> set) => new(key, "a duration such as 500ms, 30s, 5min, 12h or 7d", (settings, _, value) =>
    {
        var valid = SettingText.TryDuration(value, out var duration);
        if (valid)
        {
            set(settings, duration);
        }

        return valid;
    });

    public static Setting Size(string key, Action<AgentSettings, long> set) => new(key, "a size such as 4096B, 64MB or 1GB", (settings, _, value) =>
    {
        var valid = SettingText.TrySize(value, out var bytes);
        if (valid)
        {
            set(settings, bytes);
        }

        return valid;
    });

    /// <summary>Settings with a name that the user chooses, in a group.</summary>
    public static Setting Group(string key, string wanted, Func<AgentSettings, string, string, bool> take) => new(key + ".", wanted, take);

    public bool Fits(string key) => Key.EndsWith('.')
        ? key.Length > Key.Length && key.StartsWith(Key, StringComparison.OrdinalIgnoreCase)
        : key.Equals(Key, StringComparison.OrdinalIgnoreCase);
}
