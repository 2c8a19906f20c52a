namespace Fleet.Agent.Hosting.Settings;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="Key">Setting it is about, for example <c>terminal.address</c>.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="Source">Where it was set: file and line, environment variable, command line; empty for a default or a missing value.</param>
public sealed record SettingFault(string Key, string Text, string Source = "")
{
    /// <summary>A fault as an options class names it: <c>key: text</c>.</summary>
    public static SettingFault Parse(string fault) => fault.Split(": ", 2) is [var key, var text] ? new(key, text) : new("settings", fault);

    /// <inheritdoc/>
    public override string ToString() => Source.Length == 0 ? $"{Key}: {Text}" : $"{Key}: {Text} ({Source})";
}

/// <summary>One value as it was found.</summary>
/// <param name="Key">Path with dots.</param>
/// <param name="Value">Text of the value.</param>
/// <param name="Source">Where it was found.</param>
public sealed record SettingValue(string Key, string Value, string Source);
