using System.Text;
using Fleet.Contracts;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Architecture.Tests;

/// <summary>The lifecycle page shows the tables of the code, row by row. <c>FLEET_WRITE_DOCS=1</c> writes the page instead of checking it.</summary>
[TestFixture]
internal sealed class LifecycleDocumentTests
{
    private const string Page = "docs/lifecycles.md";

    [Test]
    public void Page_shows_the_terminal_table_of_the_code()
    {
        Check("terminal", Table(TerminalLifecycle.Rows.Select(static r => (r.From.ToString(), r.Event.ToString(), r.To.ToString()))));
    }

    [Test]
    public void Page_shows_the_command_table_of_the_code()
    {
        Check("command", Table(CommandLifecycle.Rows.Select(static r => (r.From.ToString(), r.Trigger.ToString(), r.To.ToString()))));
    }

    [Test]
    public void Page_shows_the_kinds_of_commands()
    {
        var text = new StringBuilder("| kind | nature | takes |\n|---|---|---|\n");
        foreach (var row in CommandKinds.All)
        {
            text.Append($"| {row.Word} | {row.Nature} | {row.Input} |\n");
        }

        Check("kinds", text.ToString());
    }

    [Test]
    public void Page_shows_the_conflicts_of_commands()
    {
        var natures = CommandConflicts.Rows.Select(static r => r.Arriving).Distinct().ToList();
        var text = new StringBuilder($"| begun | {string.Join(" | ", natures)} |\n|---{string.Concat(natures.Select(static _ => "|---"))}|\n");
        foreach (var begun in CommandConflicts.Rows.GroupBy(static r => r.Begun))
        {
            text.Append($"| {begun.Key} | {string.Join(" | ", begun.Select(static r => r.Rule))} |\n");
        }

        Check("conflicts", text.ToString());
    }

    private static void Check(string name, string table)
    {
        var begin = $"<!-- table: {name} -->\n";
        const string End = "<!-- end -->";
        var page = Repository.Read(Page);
        var from = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var to = page.IndexOf(End, from, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("FLEET_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Path.Combine(Repository.Root, Page), page[..from] + table + page[to..]);
            return;
        }

        Assert.That(page[from..to], Is.EqualTo(table), "run this test with FLEET_WRITE_DOCS=1 to write the page");
    }

    // One line for each pair of states: the table of a command has far more triggers than a reader wants lines.
    private static string Table(IEnumerable<(string From, string What, string To)> rows)
    {
        var text = new StringBuilder("| from | what happens | to |\n|---|---|---|\n");
        foreach (var group in rows.GroupBy(static r => (r.From, r.To)))
        {
            text.Append($"| {group.Key.From} | {string.Join(", ", group.Select(static r => r.What))} | {group.Key.To} |\n");
        }

        return text.ToString();
    }
}
