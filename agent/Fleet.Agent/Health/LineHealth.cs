using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>Line and terminal in the words of the journal.</summary>
public sealed class LineHealth(TerminalLine line, TerminalIdentityGuard identity, TamperAlarm tamper) : IHealthPart
{
    /// <inheritdoc/>
    public void AddTo(HealthReport report)
    {
        var status = line.Status;
        report.Link = status.State switch
        {
            LineState.Starting or LineState.CableOut => HealthReport.Types.Link.CableOut,
            LineState.TerminalSilent => HealthReport.Types.Link.TerminalSilent,
            LineState.TerminalBusy => HealthReport.Types.Link.TerminalBusy,
            LineState.Ready => HealthReport.Types.Link.Ready,
            LineState.Substituted => HealthReport.Types.Link.Substituted,
            LineState.Retired => HealthReport.Types.Link.Retired,
            _ => throw new InvalidOperationException($"No such state of the line: {status.State}."),
        };
        report.TerminalStatus = status.TerminalStatus;
        report.Printer = Of(status.Condition.Printer);
        report.Battery = Of(status.Condition.Battery);
        report.Tamper = tamper.State == TamperState.Clear ? Of(status.Condition.Housing) : HealthReport.Types.Part.Bad;
        report.TerminalSoftware = identity.Pinned?.Software ?? string.Empty;
        report.TerminalProfile = line.Manner.Profile.Id;
    }

    private static HealthReport.Types.Part Of(PartState state) => state switch
    {
        PartState.Untold => HealthReport.Types.Part.Unspecified,
        PartState.Good => HealthReport.Types.Part.Good,
        PartState.Bad => HealthReport.Types.Part.Bad,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no such state"),
    };
}
