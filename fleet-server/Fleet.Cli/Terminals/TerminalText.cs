using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Terminals;

/// <summary>Terminals for people.</summary>
public static class TerminalText
{
    /// <summary>State, with the kind of a suspension.</summary>
    public static string State(Terminal t) => t.SuspensionKind.Length > 0 ? $"{Words.Of(t.State)} ({t.SuspensionKind})" : Words.Of(t.State);

    /// <summary>One change of a watched estate.</summary>
    public static void PrintEvent(Printer printer, WatchTerminalsResponse change)
    {
        var t = change.Terminal;
        printer.Event(
            change, Words.Of(t.UpdateTime), Words.Id(t.Name), State(t), t.Connected ? "online" : "offline", $"unsettled {Words.Of(t.Unsettled)}", t.Store, t.Lane);
    }

    /// <summary>All of a terminal.</summary>
    public static void Print(Printer printer, Terminal t) => printer.One(
        t,
        ("Terminal", Words.Id(t.Name)),
        ("State", State(t)),
        ("Name", t.DisplayName),
        ("Store", t.Store),
        ("Lane", t.Lane),
        ("Online", t.Connected ? "yes" : "no"),
        ("Last contact", Words.Of(t.LastContactTime)),
        ("TID", t.Tid),
        ("Device", string.Join(", ", new[] { t.Model, t.SerialNumber, t.Software }.Where(static p => p.Length > 0))),
        ("Agent", t.AgentVersion),
        ("Line", HealthText.Line(t.Health)),
        ("Device says", HealthText.Device(t.Health)),
        ("Computer says", HealthText.Computer(t.Health)),
        ("Only there", HealthText.Waiting(t.Health)),
        ("Told", t.Health is null ? string.Empty : Words.Of(t.Health.Time)),
        ("Unsettled", Words.Of(t.Unsettled)),
        ("Unknown", Words.Number(t.UnknownTransactions)),
        ("Unsent entries", Words.Number(t.UnsentEntries)),
        ("Registered", Words.Of(t.CreateTime)),
        ("Changed", Words.Of(t.UpdateTime)),
        ("Etag", t.Etag));
}
