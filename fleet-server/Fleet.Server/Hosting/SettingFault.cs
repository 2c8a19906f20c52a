namespace Fleet.Server.Hosting;

/// <summary>One thing that is wrong with the settings.</summary>
/// <param name="Key">Key as it stands in the file, for example <c>Agents:Port</c>.</param>
/// <param name="Text">What is wrong, with the value and what is allowed.</param>
public sealed record SettingFault(string Key, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key}: {Text}";
}
