namespace Fleet.Agent.Health.Doctor;

/// <summary>The running agent and everything it complains about itself.</summary>
internal sealed class RunningAgentCheck(string dataDirectory) : IDoctorCheck
{
    public string Title => "Agent";

    public async Task<Finding> LookAsync(CancellationToken cancellationToken)
    {
        if (await DoctorRun.AskAsync(dataDirectory, cancellationToken) is not { } status)
        {
            return Finding.Attention("does not run", "Start it: systemctl start fleet-agent@NAME, or fleet-agent run --config FILE");
        }

        var complaints = status.Lines.Where(static l => l.Level != StatusLevel.Good).ToList();
        return complaints.Count == 0
            ? Finding.Good("runs, without complaint")
            : new Finding(
                status.Level,
                "runs, and complains: " + string.Join("; ", complaints.Select(static l => $"{l.Label.Trim()}: {l.Value}")),
                string.Join(" ", complaints.Select(static l => l.NextStep).Where(static s => s.Length > 0).Distinct(StringComparer.Ordinal)));
    }
}
