using System.Text.Json;
using Fleet.Cli.Output;
using Fleet.Cli.Tests.Hosting;
using Fleet.V1;

namespace Fleet.Cli.Tests.Output;

[TestFixture]
internal sealed class PrinterTests
{
    private static readonly ListTerminalsResponse Two = new()
    {
        Terminals = { new Terminal { Name = "terminals/a", Store = new string('x', 300) }, new Terminal { Name = "terminals/b", Store = "evil\u001b[31m\nstore" } },
    };

    [Test]
    public void Table_in_a_pipe_has_one_line_an_item_and_nothing_is_folded()
    {
        var lines = Print(OutputKind.Table, 0).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[1], Does.Contain(new string('x', 300)));
    }

    [TestCase(0)]
    [TestCase(100)]
    public void Control_characters_never_reach_the_screen(int width)
    {
        var text = Print(OutputKind.Table, width);

        Assert.That(text.Where(static c => char.IsControl(c) && c != '\n' && c != '\r'), Is.Empty);
        Assert.That(text, Does.Contain("evil"));
    }

    [Test]
    public void Json_is_one_document_with_every_field()
    {
        using var document = JsonDocument.Parse(Print(OutputKind.Json, 0));

        var terminal = document.RootElement.GetProperty("terminals")[0];
        Assert.That(terminal.GetProperty("displayName").GetString(), Is.Empty);
        Assert.That(terminal.GetProperty("unsentEntries").GetString(), Is.EqualTo("0"));
    }

    [Test]
    public void Event_is_one_line_of_json()
    {
        using var desk = new Desk();
        using var output = new StringWriter();
        var printer = new Printer(OutputKind.Json, desk.Around(output, TextWriter.Null));
        printer.Event(Two.Terminals[0]);
        printer.Event(Two.Terminals[1]);

        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines.Select(static l => JsonDocument.Parse(l).RootElement.GetProperty("name").GetString()), Is.EqualTo(new[] { "terminals/a", "terminals/b" }));
    }

    private static string Print(OutputKind kind, int width)
    {
        using var desk = new Desk();
        using var output = new StringWriter();
        new Printer(kind, desk.Around(output, TextWriter.Null, width)).List(
            Two, Two.Terminals, "none", new Column<Terminal>("TERMINAL", static t => t.Name), new Column<Terminal>("STORE", static t => t.Store));
        return output.ToString();
    }
}
