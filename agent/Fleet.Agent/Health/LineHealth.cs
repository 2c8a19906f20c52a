using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>The line's state in the words of the journal.</summary>
public sealed class LineHealth(TerminalLine line) : ILineHealth
{
    /// <inheritdoc/>
    public (HealthReport.Types.Link Link, uint TerminalStatus) Read()
    {
        var status = line.Status;
        var link = status.State switch
        {
            LineState.Starting or LineState.CableOut => HealthReport.Types.Link.CableOut,
            LineState.TerminalSilent or LineState.Substituted or LineState.Retired => HealthReport.Types.Link.TerminalSilent,
            LineState.TerminalBusy => HealthReport.Types.Link.TerminalBusy,
            LineState.Ready => HealthReport.Types.Link.Ready,
            _ => throw new InvalidOperationException($"No such state of the line: {status.State}."),
        };
        return (link, status.TerminalStatus);
    }
}
