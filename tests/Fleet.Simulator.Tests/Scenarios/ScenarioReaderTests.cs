using Fleet.Simulator.Books;
using Fleet.Simulator.Scenarios;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Tests.Scenarios;

public sealed class ScenarioReaderTests
{
    [Test]
    public void Steps_are_read_in_order_with_their_lines()
    {
        var (scenario, faults) = Read("""
            name: two steps
            seed: 9
            baud: 9600
            steps:
              - sell: 1234
                outcome: declined
              - terminal: { op: decline, count: 2, code: 51 }
              - expect:
                  till: { count: 0, sum: 0 }
            """);

        Assert.Multiple(() =>
        {
            Assert.That(faults, Is.Empty);
            Assert.That((scenario!.Name, scenario.Seed, scenario.Baud), Is.EqualTo(("two steps", 9, (int?)9600)));
            Assert.That(scenario.Steps[0], Is.EqualTo(new PayStep(5, BookingKind.Sale, 1234, TillOutcome.Declined)));
            Assert.That(((SwitchStep)scenario.Steps[1]).Request.Number("code", 0, 255), Is.EqualTo(51));
            Assert.That(scenario.Steps[2], Is.EqualTo(new ExpectStep(8, null, null, Counter.Zero)));
        });
    }

    [Test]
    public void Three_mistakes_are_all_named_with_line_and_column()
    {
        var (scenario, faults) = Read("""
            name: wrong
            speed: 9600
            steps:
              - sell: lots
              - terminal: { op: explode }
              - sell: 5
                outcome: maybe
            """);

        Assert.That(scenario, Is.Null);
        Assert.That(faults.Select(static f => (f.Line, f.Column)), Is.EqualTo(new[] { (2, 1), (4, 11), (5, 21), (7, 14) }));
        Assert.That(faults.Select(static f => f.Message), Has.Exactly(1).Contains("'speed'")
            .And.Exactly(1).Contains("sell:").And.Exactly(1).Contains("'explode'").And.Exactly(1).Contains("'maybe'"));
    }

    [TestCase("", "empty")]
    [TestCase("steps: []", "at least one step")]
    [TestCase("name: x", "steps")]
    [TestCase("- a\n- b", "expected fields")]
    [TestCase("steps:\n  - dance: 1", "unknown field 'dance'")]
    [TestCase("steps:\n  - sell: 1\n    refund: 2", "exactly one of")]
    [TestCase("steps:\n  - expect: { till: { count: 1 } }", "needs count and sum")]
    [TestCase("steps:\n  - sell: 0", "sell: expected a whole number")]
    [TestCase("tid: 123\nsteps:\n  - sell: 1", "tid:")]
    [TestCase("baud: 1200\nsteps:\n  - sell: 1", "baud:")]
    [TestCase("host: { declines: [abc] }\nsteps:\n  - sell: 1", "declines:")]
    [TestCase("steps: [", "")]
    [TestCase("steps:\n\t- sell: 1", "")]
    public void Mistake_is_told(string yaml, string expected)
    {
        var (scenario, faults) = Read(yaml);

        Assert.That(scenario, Is.Null);
        Assert.That(faults, Is.Not.Empty);
        Assert.That(faults.Select(static f => f.Message), Has.Some.Contains(expected));
        Assert.That(faults, Has.All.Matches<FileFault>(static f => f.Line >= 1 && f.Column >= 1));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public void Any_text_is_read_or_refused(string text)
    {
        var (scenario, faults) = Read(text ?? string.Empty);

        Assert.That(scenario is null, Is.EqualTo(faults.Count > 0));
    }

    private static (Scenario? Scenario, IReadOnlyList<FileFault> Faults) Read(string yaml) => ScenarioReader.Read(new StringReader(yaml));
}
