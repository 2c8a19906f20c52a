using System.Text.RegularExpressions;

namespace Fleet.Architecture.Tests;

/// <summary>Documents that drift are worse than none: what can be checked is checked.</summary>
[TestFixture]
internal sealed partial class DocumentTests
{
    private static IEnumerable<string> Documents => Repository.Files.Where(static f => f.EndsWith(".md", StringComparison.Ordinal));

    [Test]
    public void Decisions_are_numbered_without_gaps_and_carry_their_four_parts()
    {
        var decisions = Repository.Files.Where(static f => f.StartsWith("docs/adr/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();

        Assert.That(decisions, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            for (var i = 0; i < decisions.Count; i++)
            {
                Assert.That(Path.GetFileName(decisions[i]), Does.Match($"^{i + 1:0000}-[a-z0-9-]+\\.md$"));
                foreach (var part in new[] { "## Context", "## Decision", "## Consequences", "## Alternatives" })
                {
                    Assert.That(Repository.Read(decisions[i]), Does.Contain(part), decisions[i]);
                }
            }
        });
    }

    [Test]
    public void Readme_opens_with_the_two_commands()
    {
        var opening = string.Join('\n', Repository.Read("README.md").Split('\n').Take(25));

        Assert.That(opening, Does.Contain("dotnet run --project simulator/Fleet.Simulator -- demo").And.Contain("bash tests/run.sh"));
    }

    [TestCaseSource(nameof(Documents))]
    public void Links_between_documents_lead_somewhere(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var broken = RelativeLink().Matches(Repository.Read(document))
            .Select(static m => m.Groups["target"].Value)
            .Where(target => !File.Exists(Path.Combine(folder, target)) && !Directory.Exists(Path.Combine(folder, target)));

        Assert.That(broken, Is.Empty);
    }

    [GeneratedRegex(@"\]\((?<target>(?!https?:|mailto:|#)[^)#\s]+)(#[^)]*)?\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RelativeLink();
}
