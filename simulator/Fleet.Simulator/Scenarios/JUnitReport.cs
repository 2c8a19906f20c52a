using System.Globalization;
using System.Xml.Linq;

namespace Fleet.Simulator.Scenarios;

/// <summary>The results as a JUnit file: one test case per step.</summary>
internal static class JUnitReport
{
    public static XDocument Write(Scenario scenario, IReadOnlyList<StepResult> results) => new(
        new XElement(
            "testsuite",
            new XAttribute("name", scenario.Name),
            new XAttribute("tests", results.Count),
            new XAttribute("failures", results.Count(static r => r.Failure is not null)),
            new XAttribute("time", Seconds(results.Aggregate(TimeSpan.Zero, static (sum, r) => sum + r.Duration))),
            results.Select((r, index) => Case(scenario, r, index + 1))));

    private static XElement Case(Scenario scenario, StepResult result, int number) => new(
        "testcase",
        new XAttribute("classname", scenario.Name),
        new XAttribute("name", $"{number:00} {result.Step.Title} (line {result.Step.Line})"),
        new XAttribute("time", Seconds(result.Duration)),
        result.Failure is null ? null : new XElement("failure", new XAttribute("message", result.Failure)));

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
