using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fleet.Simulator.Scenarios;

/// <summary>A mistake in a file, where an editor finds it.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and what is possible.</param>
public sealed record FileFault(int Line, int Column, string Message);

/// <summary>Reads a mapping field by field and collects every mistake instead of stopping at the first.</summary>
internal sealed class YamlFields
{
    private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> _fields = new(StringComparer.Ordinal);
    private readonly List<FileFault> _faults;

    public YamlFields(YamlNode node, List<FileFault> faults, params string[] known)
    {
        _faults = faults;
        if (node is not YamlMappingNode mapping)
        {
            Fault(node, $"expected fields ({string.Join(", ", known)})");
            return;
        }

        foreach (var (key, value) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? string.Empty;
            if (known.Length > 0 && !known.Contains(name))
            {
                Fault(key, $"unknown field '{name}'; known are {string.Join(", ", known)}");
            }
            else
            {
                _fields[name] = (key, value);
            }
        }
    }

    public IEnumerable<string> Names => _fields.Keys;

    public bool Has(string name) => _fields.ContainsKey(name);

    public YamlNode? Node(string name) => _fields.TryGetValue(name, out var field) ? field.Value : null;

    public string? Text(string name) => Node(name) switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value ?? string.Empty,
        var other => Fault<string>(other, $"{name}: expected a text"),
    };

    public long? Number(string name, long lowest, long highest)
    {
        if (Node(name) is not { } node)
        {
            return null;
        }

        return node is YamlScalarNode scalar
            && long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= lowest && number <= highest
            ? number
            : Fault<long?>(node, $"{name}: expected a whole number from {lowest} to {highest}");
    }

    public T? Name<T>(string name)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        return Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0])
            ? value
            : Fault<T?>(Node(name)!, $"{name}: '{text}' is not one of {string.Join(", ", Enum.GetNames<T>().Select(static n => n.ToLowerInvariant()))}");
    }

    public void Fault(YamlNode node, string message) => _faults.Add(At(node.Start, message));

    public static FileFault At(Mark mark, string message) => new((int)mark.Line, (int)mark.Column, message);

    private T? Fault<T>(YamlNode node, string message)
    {
        Fault(node, message);
        return default;
    }
}
