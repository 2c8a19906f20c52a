using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fleet.Agent.Hosting.Settings;

/// <summary>
/// Reads a YAML file into keys and values. Only what a settings file needs: mappings and single values. Aliases are refused, because
/// a few lines of them can stand for gigabytes.
/// </summary>
public static class YamlSettings
{
    /// <summary>Largest file, in bytes.</summary>
    public const long MaximumBytes = 256 * 1024;

    private const int MaximumDepth = 8;

    /// <summary>Reads a file; what is wrong is added to <paramref name="faults"/>.</summary>
    public static IReadOnlyList<SettingValue> ReadFile(string path, ICollection<SettingFault> faults)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaximumBytes })
            {
                faults.Add(new SettingFault("--config", $"{path} has more than {MaximumBytes} bytes"));
                return [];
            }

            return Read(File.ReadAllText(path), path, faults);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            faults.Add(new SettingFault("--config", error.Message));
            return [];
        }
    }

    /// <summary>Reads a text; <paramref name="name"/> is what faults call it.</summary>
    public static IReadOnlyList<SettingValue> Read(string yaml, string name, ICollection<SettingFault> faults)
    {
        var values = new List<SettingValue>();
        var reader = new Reader(name, values, faults);
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<DocumentStart>(out _))
            {
                reader.Node(parser, string.Empty, 0);
            }
        }
        catch (YamlException error)
        {
            faults.Add(new SettingFault("--config", error.InnerException?.Message ?? error.Message, $"{name}:{error.Start.Line}:{error.Start.Column}"));
        }

        return values;
    }

    private sealed class Reader(string name, List<SettingValue> values, ICollection<SettingFault> faults)
    {
        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        public void Node(IParser parser, string key, int depth)
        {
            if (parser.TryConsume<Scalar>(out var scalar))
            {
                Value(key, scalar);
            }
            else if (parser.Accept<MappingStart>(out var start) && depth < MaximumDepth)
            {
                parser.MoveNext();
                Mapping(parser, key, depth, start);
            }
            else
            {
                var wrong = parser.Current;
                faults.Add(new SettingFault(key, wrong is AnchorAlias ? "aliases are not supported" : "a single value or a group of settings is expected", At(wrong)));
                parser.SkipThisAndNestedEvents();
            }
        }

        private void Mapping(IParser parser, string key, int depth, MappingStart start)
        {
            if (!start.Anchor.IsEmpty)
            {
                faults.Add(new SettingFault(key, "anchors are not supported", At(start)));
            }

            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out var child))
                {
                    faults.Add(new SettingFault(key, "a name of a setting is expected", At(parser.Current)));
                    parser.SkipThisAndNestedEvents();
                    parser.SkipThisAndNestedEvents();
                    continue;
                }

                Node(parser, key.Length == 0 ? child.Value : $"{key}.{child.Value}", depth + 1);
            }
        }

        private void Value(string key, Scalar scalar)
        {
            if (key.Length == 0)
            {
                if (scalar.Value.Length > 0)
                {
                    faults.Add(new SettingFault("--config", "the file holds one value and no settings", At(scalar)));
                }

                return;
            }

            if (!_seen.Add(key))
            {
                faults.Add(new SettingFault(key, "is set twice", At(scalar)));
                return;
            }

            values.Add(new SettingValue(key, scalar.Value, At(scalar)));
        }

        private string At(ParsingEvent? at) => at is null ? name : $"{name}:{at.Start.Line}";
    }
}
