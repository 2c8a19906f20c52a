using Fleet.Agent.Terminal;
using TerminalStatus = Fleet.Zvt.TerminalStatus;

namespace Fleet.Agent.Health;

/// <summary>The line to the terminal: cable, terminal and what it does told apart.</summary>
public sealed class TerminalStatusSource(TerminalLine line, TamperAlarm tamper) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var status = line.Status;
        var detail = status.Detail.Length == 0 ? string.Empty : $" ({status.Detail})";
        yield return status.State switch
        {
            LineState.Starting => Line("starting" + detail, StatusLevel.Attention, "Wait a moment and ask again."),
            LineState.Ready => Line("ready"),
            LineState.CableOut => Line("cable out" + detail, StatusLevel.Bad, "Check the cable, the adapter and terminal.address."),
            LineState.TerminalSilent => Line("does not answer" + detail, StatusLevel.Bad, "Switch the terminal on; check the port and its speed."),
            LineState.TerminalBusy => Line($"busy, status {status.TerminalStatus:X2}{detail}", StatusLevel.Attention, BusyStep(status.TerminalStatus)),
            LineState.Substituted => Line("another device" + detail, StatusLevel.Bad, "Plug in the terminal that belongs here, or tell the operator."),
            LineState.Retired => Line("retired"),
            _ => throw new InvalidOperationException($"No such state of the line: {status.State}."),
        };
        foreach (var (name, label, _, step) in Parts(status.Condition).Where(static p => p.State == PartState.Bad))
        {
            yield return new StatusLine(name, label, "the terminal complains", StatusLevel.Bad, step);
        }

        if (tamper.State == TamperState.Latched)
        {
            yield return new StatusLine("terminal.tamper", "Housing", "was opened", StatusLevel.Bad, "Have the terminal inspected; the operator then clears it with 'posctl commands create clear-tamper'.");
        }

        yield return new StatusLine("terminal.address", "Terminal address", line.Options.Address);
        yield return new StatusLine("terminal.profile", "Spoken to as", line.Manner.Profile.Name);
    }

    private static string BusyStep(byte status) => TerminalStatus.Find(status) switch
    {
        { NeedsTechnician: true } => "Look at the terminal's display; this needs the terminal's service.",
        { Remedy: 0x0650 } => "Make an end-of-day at the till.",
        _ => "Look at the terminal's display.",
    };

    private static IEnumerable<(string Name, string Label, PartState State, string Step)> Parts(TerminalCondition condition) =>
    [
        ("terminal.printer", "Printer", condition.Printer, "Put in a new paper roll; close the printer's cover."),
        ("terminal.battery", "Battery", condition.Battery, "Charge the terminal, or check its power supply."),
        ("terminal.tamper", "Housing", condition.Housing, "Do not use it: it says that it was opened. Tell the operator, and keep it for inspection."),
    ];

    private static StatusLine Line(string value, StatusLevel level = StatusLevel.Good, string nextStep = "") =>
        new("terminal.line", "Terminal line", value, level, nextStep);
}
