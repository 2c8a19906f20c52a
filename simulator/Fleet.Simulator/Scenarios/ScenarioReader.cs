using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.Serial;
using Fleet.Simulator.Books;
using Fleet.Simulator.Control;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Zvt;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fleet.Simulator.Scenarios;

/// <summary>Reads a scenario file and reports every mistake with line and column.</summary>
public sealed class ScenarioReader
{
    private const long HighestAmount = 99_999_999;
    private static readonly string[] StepNames = ["sell", "refund", "reverse", "hold", "book", "release", "tip", "endOfDay", "terminal", "host", "expect"];

    private readonly List<FileFault> _faults = [];

    private ScenarioReader()
    {
    }

    /// <summary>The scenario, or its mistakes in the order of the file.</summary>
    public static (Scenario? Scenario, IReadOnlyList<FileFault> Faults) Read(TextReader text)
    {
        var reader = new ScenarioReader();
        var scenario = reader.ReadDocument(text);
        return reader._faults.Count == 0
            ? (scenario, [])
            : (null, [.. reader._faults.OrderBy(static f => f.Line).ThenBy(static f => f.Column)]);
    }

    private Scenario? ReadDocument(TextReader text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(text);
        }
        catch (YamlException broken)
        {
            _faults.Add(YamlFields.At(broken.Start, broken.InnerException?.Message ?? broken.Message));
            return null;
        }

        if (stream.Documents.Count == 0)
        {
            _faults.Add(new FileFault(1, 1, "the file is empty; a scenario has at least 'steps'"));
            return null;
        }

        return ReadRoot(stream.Documents[0].RootNode);
    }

    private Scenario ReadRoot(YamlNode root)
    {
        var fields = new YamlFields(root, _faults, "name", "seed", "tid", "baud", "profile", "host", "steps");
        var tid = fields.Text("tid") ?? "29001234";
        if (tid.Length != 8 || !tid.All(char.IsAsciiDigit))
        {
            fields.Fault(fields.Node("tid")!, $"tid: '{tid}' is not 8 digits; put it in quotes");
        }

        var baud = (int?)fields.Number("baud", 0, 115_200);
        if (baud is > 0 && !SerialAddress.SupportedBauds.Contains(baud.Value))
        {
            fields.Fault(fields.Node("baud")!, $"baud: {baud} is not one of {string.Join(", ", SerialAddress.SupportedBauds)}");
        }

        var profile = fields.Text("profile");
        if (profile is not null && VendorProfiles.Find(profile) is null)
        {
            fields.Fault(fields.Node("profile")!, $"profile: '{profile}' is not one of {string.Join(", ", VendorProfiles.All.Select(static p => p.Id))}");
        }

        var steps = ReadSteps(fields, root);
        return new Scenario(
            fields.Text("name") ?? "scenario",
            (int)(fields.Number("seed", 0, int.MaxValue) ?? 1),
            tid,
            baud,
            profile,
            fields.Node("host") is { } host ? ReadRules(host) : new HostRules(),
            steps);
    }

    private HostRules ReadRules(YamlNode node)
    {
        var fields = new YamlFields(node, _faults, "down", "declines", "delayMs");
        var declines = new List<DeclineRule>();
        foreach (var item in fields.Node("declines") is YamlSequenceNode list ? list.Children : [])
        {
            if (DeclineRule.TryParse((item as YamlScalarNode)?.Value ?? string.Empty, out var rule, out var error))
            {
                declines.Add(rule);
            }
            else
            {
                fields.Fault(item, $"declines: {error}");
            }
        }

        return new HostRules
        {
            Down = fields.Text("down") == "true",
            Declines = declines,
            Delay = TimeSpan.FromMilliseconds(fields.Number("delayMs", 0, 60_000) ?? 0),
        };
    }

    private List<ScenarioStep> ReadSteps(YamlFields fields, YamlNode root)
    {
        if (fields.Node("steps") is not YamlSequenceNode list || list.Children.Count == 0)
        {
            fields.Fault(fields.Node("steps") ?? root, "steps: expected a list with at least one step");
            return [];
        }

        return [.. list.Children.Select(ReadStep).OfType<ScenarioStep>()];
    }

    private ScenarioStep? ReadStep(YamlNode node)
    {
        var fields = new YamlFields(node, _faults, [.. StepNames, "amount", "tipAllowed", "outcome", "sum", "fails"]);
        var kinds = fields.Names.Intersect(StepNames).ToList();
        if (kinds.Count != 1)
        {
            fields.Fault(node, $"a step has exactly one of {string.Join(", ", StepNames)}");
            return null;
        }

        var line = (int)node.Start.Line;
        return kinds[0] switch
        {
            "sell" => Pay(fields, "sell", BookingKind.Sale, line),
            "refund" => Pay(fields, "refund", BookingKind.Refund, line),
            "reverse" => Pay(fields, "reverse", BookingKind.Reversal, line),
            "hold" => Pay(fields, "hold", BookingKind.Reservation, line),
            "release" => Pay(fields, "release", BookingKind.Release, line),
            "book" => FollowUp(fields, "book", node, line),
            "tip" => FollowUp(fields, "tip", node, line),
            "endOfDay" => new EndOfDayStep(line, fields.Number("sum", -HighestAmount, HighestAmount), fields.Text("fails") == "true"),
            "terminal" => Switch(fields, "terminal", TerminalControl.Operations, line),
            "host" => Switch(fields, "host", ["rules"], line),
            _ => Expect(fields.Node("expect")!, line),
        };
    }

    private static PayStep Pay(YamlFields fields, string name, BookingKind kind, int line) =>
        new(line, kind, fields.Number(name, 1, HighestAmount) ?? 1, fields.Name<TillOutcome>("outcome"), fields.Text("tipAllowed") == "true");

    private static FollowUpStep FollowUp(YamlFields fields, string name, YamlNode node, int line)
    {
        if (!fields.Has("amount"))
        {
            fields.Fault(node, $"{name}: needs the number of a payment and an amount");
        }

        return new FollowUpStep(
            line, name == "tip", fields.Number(name, 1, HighestAmount) ?? 1, fields.Number("amount", 1, HighestAmount) ?? 1, fields.Name<TillOutcome>("outcome"));
    }

    private SwitchStep? Switch(YamlFields fields, string name, IReadOnlyCollection<string> operations, int line)
    {
        var node = fields.Node(name)!;
        var request = new YamlFields(node, _faults);
        var op = request.Text("op");
        if (op is null || !operations.Contains(op))
        {
            fields.Fault(request.Node("op") ?? node, $"{name}: op '{op}' is not one of {string.Join(", ", operations)}");
            return null;
        }

        return new SwitchStep(line, ControlRequest.Parse(Encoding.UTF8.GetBytes(Json(node).ToJsonString())), name == "host");
    }

    private ExpectStep Expect(YamlNode node, int line)
    {
        var fields = new YamlFields(node, _faults, "terminal", "host", "till");
        return new ExpectStep(line, ReadCounter(fields, "terminal"), ReadCounter(fields, "host"), ReadCounter(fields, "till"));
    }

    private Counter? ReadCounter(YamlFields parent, string name)
    {
        if (parent.Node(name) is not { } node)
        {
            return null;
        }

        var fields = new YamlFields(node, _faults, "count", "sum");
        if (!fields.Has("count") || !fields.Has("sum"))
        {
            fields.Fault(node, $"{name}: needs count and sum");
        }

        return new Counter((int)(fields.Number("count", 0, int.MaxValue) ?? 0), fields.Number("sum", -HighestAmount, HighestAmount) ?? 0);
    }

    private static JsonNode Json(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(static c =>
            new KeyValuePair<string, JsonNode?>(((YamlScalarNode)c.Key).Value ?? string.Empty, Json(c.Value)))),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
        YamlScalarNode { Style: ScalarStyle.Plain } plain when long.TryParse(plain.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) =>
            JsonValue.Create(number),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value ?? string.Empty),
        _ => new JsonArray(),
    };
}
