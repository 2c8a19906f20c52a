using System.Globalization;
using Spectre.Console;

namespace Fleet.Simulator.Demo;

/// <summary>
/// What the spectator sees: one line for each thing that happened, with the second it happened in. In a terminal the line under
/// way is redrawn in place; in a pipe only finished lines are written.
/// </summary>
public sealed class DemoScreen
{
    // Nothing in a pipe has an edge to wrap at.
    private const int PipeWidth = 400;

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly bool _redraws;

    /// <summary>Writes to the process's standard output.</summary>
    public DemoScreen(IAnsiConsole console, TimeProvider time)
    {
        _console = console;
        _time = time;
        _start = time.GetTimestamp();
        _redraws = console.Profile.Capabilities.Ansi && console.Profile.Out.IsTerminal;
    }

    /// <summary>The process's standard output: colours and redrawing only where a person looks at it.</summary>
    public static IAnsiConsole Console()
    {
        if (!System.Console.IsOutputRedirected)
        {
            return AnsiConsole.Create(new AnsiConsoleSettings());
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = PipeWidth;
        return console;
    }

    /// <summary>Time since the first line.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>Begins a chapter.</summary>
    public void Chapter(string title)
    {
        _console.WriteLine();
        _console.Write(new Text(title + Environment.NewLine, new Style(decoration: Decoration.Bold)));
    }

    /// <summary>Something that happened.</summary>
    public void Line(string text)
    {
        ClearProgress();
        _console.WriteLine($"  {Clock()}  {text}");
    }

    /// <summary>Something under way; replaced by the next line.</summary>
    public void Progress(string text)
    {
        if (_redraws)
        {
            ClearProgress();
            _console.Write(new Text($"  {Clock()}  {text}"));
        }
    }

    /// <summary>A table.</summary>
    public void Show(Table table)
    {
        ClearProgress();
        _console.WriteLine();
        _console.Write(table);
    }

    private string Clock() => string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,5:0.0} s");

    private void ClearProgress()
    {
        if (_redraws)
        {
            _console.Write(new ControlCode("\r\u001b[2K"));
        }
    }
}
