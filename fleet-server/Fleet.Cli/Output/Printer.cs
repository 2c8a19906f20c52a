using System.Text;
using Fleet.Cli.Hosting;
using Google.Protobuf;
using Spectre.Console;

namespace Fleet.Cli.Output;

/// <summary>A column: its head and how a row's cell is made.</summary>
public sealed record Column<T>(string Head, Func<T, string> Cell);

/// <summary>Prints results as tables or as protobuf JSON.</summary>
public sealed class Printer(OutputKind kind, Surroundings around)
{
    // Without a screen nothing is folded: a pipe has no edge.
    private const int Unbounded = 4096;

    private static readonly JsonFormatter Lines = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private static readonly JsonFormatter Indented = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithIndentation());

    /// <summary>True when a program reads.</summary>
    public bool IsJson => kind == OutputKind.Json;

    /// <summary>Prints a list: a table of its items, or the whole response as one document.</summary>
    public void List<T>(IMessage response, IReadOnlyCollection<T> items, string nothing, params Column<T>[] columns)
    {
        if (IsJson)
        {
            around.Out.WriteLine(Indented.Format(response));
        }
        else if (items.Count == 0)
        {
            around.Out.WriteLine(nothing);
        }
        else
        {
            WriteTable(items, columns);
        }
    }

    /// <summary>Prints one resource: name and value a line, or one document.</summary>
    public void One(IMessage resource, params (string Name, string Value)[] facts)
    {
        if (IsJson)
        {
            around.Out.WriteLine(Indented.Format(resource));
            return;
        }

        var width = facts.Max(static f => f.Name.Length) + 2;
        foreach (var (name, value) in facts.Where(static f => f.Value.Length > 0))
        {
            around.Out.WriteLine(name.PadRight(width) + Clean(value));
        }
    }

    /// <summary>Prints one event of a watch: a line for people, or a line of JSON.</summary>
    public void Event(IMessage message, params string[] cells)
    {
        around.Out.WriteLine(IsJson ? Lines.Format(message) : string.Join("  ", cells.Where(static c => c.Length > 0).Select(Clean)));
        around.Out.Flush();
    }

    /// <summary>Prints a statement: its text for people, or one document.</summary>
    public void Document(IMessage message, string text) => around.Out.WriteLine(IsJson ? Indented.Format(message) : text.TrimEnd());

    /// <summary>Prints text that is only for people.</summary>
    public void Say(string text)
    {
        if (!IsJson)
        {
            around.Out.WriteLine(text);
        }
    }

    private void WriteTable<T>(IReadOnlyCollection<T> items, Column<T>[] columns)
    {
        var table = new Table().Border(around.Width > 0 ? TableBorder.Rounded : TableBorder.None);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column.Head)) { NoWrap = around.Width == 0 });
        }

        foreach (var item in items)
        {
            table.AddRow(columns.Select(c => new Text(Clean(c.Cell(item)))));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(around.Out),
        });
        console.Profile.Width = around.Width > 0 ? around.Width : Unbounded;
        console.Write(table);
    }

    // What an operator or a device wrote may hold control characters; a terminal must not obey them.
    private static string Clean(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(char.IsControl(c) ? ' ' : c);
        }

        return clean.ToString();
    }
}
