using System.Text.RegularExpressions;
using Fleet.Mqtt.Broker.Tests.Support;

namespace Fleet.Mqtt.Broker.Tests.Sequences;

/// <summary>docs/protocols/mqtt.md maps the normative statements of MQTT 5.0 to tests: every test it names must exist.</summary>
[TestFixture]
public sealed class StatementTableTests
{
    private const int Statements = 251;

    [Test]
    public void Every_test_that_the_table_names_exists()
    {
        var tests = Path.GetDirectoryName(Path.GetDirectoryName(PeerProgram.Folder))!;
        var table = File.ReadLines(Path.Combine(Path.GetDirectoryName(tests)!, "docs", "protocols", "mqtt.md"))
            .Where(static l => l.StartsWith("| MQTT-", StringComparison.Ordinal))
            .ToList();
        var sources = string.Join('\n', new[] { "Fleet.Mqtt.Tests", "Fleet.Mqtt.Broker.Tests" }
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(tests, p), "*Tests.cs", SearchOption.AllDirectories))
            .Select(File.ReadAllText));
        var missing = table
            .SelectMany(static l => Regex.Matches(l, "`([A-Za-z0-9_]+)`", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(static m => m.Groups[1].Value))
            .Distinct(StringComparer.Ordinal)
            .Where(name => !sources.Contains($" {name}(", StringComparison.Ordinal))
            .ToList();
        Assert.That(table, Has.Count.EqualTo(Statements));
        Assert.That(table.Where(static l => !l.Contains('`') && !l.Contains("none:", StringComparison.Ordinal)), Is.Empty, "a test or a reason");
        Assert.That(missing, Is.Empty);
    }
}
