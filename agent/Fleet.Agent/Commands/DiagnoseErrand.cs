using System.Text;
using Fleet.Agent.Capture;
using Fleet.Agent.Health;
using Fleet.Agent.Terminal;
using Fleet.Contracts.Link.V1;
using Fleet.Zvt;

namespace Fleet.Agent.Commands;

/// <summary>
/// Diagnose: the agent's own status, what the terminal says of itself (05 01), and whether it reaches its host (06 70, only where nothing is
/// open). It succeeds by telling, also when what it tells is bad.
/// </summary>
public sealed class DiagnoseErrand(PatientLine line, StatusQuestion status, CaptureStore capture, IEnumerable<IStatusSource> sources) : ICommandErrand
{
    /// <summary>Longest report, in characters.</summary>
    public const int LongestReport = 16 * 1024;

    /// <inheritdoc/>
    public CommandKind Kind => CommandKind.Diagnose;

    /// <inheritdoc/>
    public async Task<ErrandResult> RunAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var report = new StringBuilder();
        await AskTerminalAsync(report, cancellationToken);
        foreach (var told in StatusDocument.Read(sources).Lines)
        {
            Add(report, told.Name, told.Level == StatusLevel.Good ? told.Value : $"{told.Value} [{told.Level}] {told.NextStep}".TrimEnd());
        }

        return ErrandResult.Done() with { Report = report.Length <= LongestReport ? report.ToString() : report.ToString(0, LongestReport) };
    }

    private static void Add(StringBuilder report, string name, string value) =>
        report.Append(name).Append(": ").Append(CardNumber.MaskInText(value.ReplaceLineEndings(" "))).Append('\n');

    private async Task AskTerminalAsync(StringBuilder report, CancellationToken cancellationToken)
    {
        using var lease = await line.TakeAsync(cancellationToken);
        if (lease is null || await status.AskAsync(lease, cancellationToken) is not { } read)
        {
            Add(report, "device", $"does not answer: {line.Detail}");
            return;
        }

        Add(report, "device.status", $"{read.StatusCode:X2}");
        Add(report, "device.tid", read.Device.Tid);
        Add(report, "device.serialNumber", read.Device.SerialNumber);
        Add(report, "device.model", read.Device.Model);
        Add(report, "device.software", read.Device.Software);
        if (!lease.IsAlive || capture.Snapshot is not { Open.Count: 0, Settlement: null })
        {
            Add(report, "host", "not asked: a payment or an end-of-day is open");
            return;
        }

        var outcome = await lease.RunAsync(new Diagnosis(), new QuietHandler(), cancellationToken);
        Add(report, "host", outcome.Kind == EcrOutcomeKind.Completed ? "reached" : $"{outcome.Kind} {outcome.ResultCode:X2}");
    }
}
