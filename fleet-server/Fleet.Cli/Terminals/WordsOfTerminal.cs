using System.CommandLine;
using Fleet.V1;

namespace Fleet.Cli.Terminals;

/// <summary>The options for what operators call a terminal.</summary>
public sealed class WordsOfTerminal
{
    /// <summary>Its name.</summary>
    public Option<string> DisplayName { get; } = new("--display-name") { Description = "Name for people.", HelpName = "TEXT" };

    /// <summary>Its store.</summary>
    public Option<string> Store { get; } = new("--store") { Description = "Store it stands in.", HelpName = "TEXT" };

    /// <summary>Its lane.</summary>
    public Option<string> Lane { get; } = new("--lane") { Description = "Lane it stands at.", HelpName = "TEXT" };

    /// <summary>Puts what was given into a terminal.</summary>
    public Terminal Read(ParseResult parsed, Terminal terminal)
    {
        terminal.DisplayName = parsed.GetValue(DisplayName) ?? string.Empty;
        terminal.Store = parsed.GetValue(Store) ?? string.Empty;
        terminal.Lane = parsed.GetValue(Lane) ?? string.Empty;
        return terminal;
    }

    /// <summary>Field names of what was given.</summary>
    public IEnumerable<string> Given(ParseResult parsed)
    {
        (Option<string> Option, string Field)[] all = [(DisplayName, "display_name"), (Store, "store"), (Lane, "lane")];
        return all.Where(o => parsed.GetResult(o.Option) is not null).Select(static o => o.Field);
    }
}
