using System.Xml.Linq;
using Fleet.Simulator.Commands;
using Fleet.Simulator.Scenarios;
using Fleet.Testing;

namespace Fleet.Simulator.Tests.Scenarios;

[Platform("Linux")]
public sealed class ScenarioRunTests
{
    [TestCase("power-cut.yaml")]
    [TestCase("a-bad-day.yaml")]
    [TestCase("silence.yaml")]
    [TestCase("restaurant.yaml")]
    public async Task Example_holds_in_every_step(string name)
    {
        using var folder = new TemporaryFolder();
        using var text = File.OpenText(Path.Combine(Examples(), name));
        var (scenario, faults) = ScenarioReader.Read(text);
        Assert.That(faults, Is.Empty);

        var results = await new ScenarioRunner(scenario!, folder.Path, static _ => { }, TimeProvider.System).RunAsync(CancellationToken.None);

        Assert.That(results.Where(static r => r.Failure is not null).Select(static r => $"{r.Step.Line}: {r.Step.Title}: {r.Failure}"), Is.Empty);
    }

    [Test]
    public async Task Step_that_does_not_hold_is_a_failure_in_the_report_and_in_the_exit_code()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("s.yaml"), "name: off\nsteps:\n  - sell: 100\n    outcome: declined\n  - expect: { till: { count: 2, sum: 100 } }\n");

        var code = await SimulatorCommandLine.RunAsync(["run", folder.File("s.yaml"), "--junit", folder.File("junit.xml")], [], CancellationToken.None);

        var suite = XDocument.Load(folder.File("junit.xml")).Root!;
        Assert.That(code, Is.EqualTo(1));
        Assert.That((suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value), Is.EqualTo(("2", "2")));
        Assert.That(suite.Descendants("failure").Last().Attribute("message")!.Value, Is.EqualTo("till: expected 2 = 1.00, was 1 = 1.00"));
    }

    [Test]
    public async Task Wrong_file_returns_2_and_a_missing_one_1()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("s.yaml"), "steps: 5");

        Assert.That(await SimulatorCommandLine.RunAsync(["run", folder.File("s.yaml")], [], CancellationToken.None), Is.EqualTo(2));
        Assert.That(await SimulatorCommandLine.RunAsync(["run", folder.File("none.yaml")], [], CancellationToken.None), Is.EqualTo(1));
    }

    private static string Examples([System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../../simulator/Fleet.Simulator/Scenarios/Examples"));
}
