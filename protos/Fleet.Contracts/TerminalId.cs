using System.Diagnostics.CodeAnalysis;

namespace Fleet.Contracts;

/// <summary>
/// The operator's identifier of a terminal: 1 to 40 characters of <c>[A-Za-z0-9-]</c>. It is also the MQTT client id
/// and the common name of the agent's certificate, so nothing else may ever be in it.
/// </summary>
public readonly record struct TerminalId
{
    /// <summary>Longest identifier, in characters.</summary>
    public const int MaximumLength = 40;

    private readonly string? _value;

    private TerminalId(string value) => _value = value;

    /// <summary>The identifier; empty only for the default value, which names no terminal.</summary>
    public string Value => _value ?? string.Empty;

    /// <summary>Resource name of the operator API: <c>terminals/{terminal}</c>.</summary>
    public string ResourceName => ResourcePrefix + Value;

    private const string ResourcePrefix = "terminals/";

    /// <summary>Reads an identifier; false when a character or the length is not allowed.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TerminalId id)
    {
        var valid = text is { Length: > 0 and <= MaximumLength } && text.All(IsAllowed);
        id = valid ? new TerminalId(text!) : default;
        return valid;
    }

    /// <summary>Reads an identifier.</summary>
    /// <exception cref="FormatException">A character or the length is not allowed; the message says which.</exception>
    public static TerminalId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is no terminal id: 1 to {MaximumLength} characters of A-Z, a-z, 0-9 and '-'.");

    /// <summary>Reads <c>terminals/{terminal}</c>.</summary>
    public static bool TryParseResourceName(string? name, out TerminalId id)
    {
        id = default;
        return name is not null && name.StartsWith(ResourcePrefix, StringComparison.Ordinal) && TryParse(name[ResourcePrefix.Length..], out id);
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c == '-';
}
