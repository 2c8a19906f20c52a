namespace Fleet.Agent.Health;

/// <summary>How often health is reported.</summary>
public sealed class HealthOptions
{
    /// <summary>Shortest time between two health entries; what changes in between is reported with the next one.</summary>
    public TimeSpan MinimumInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A health entry is written after this time although nothing changed; zero for never.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        if (MinimumInterval < TimeSpan.FromSeconds(1))
        {
            yield return "health.minimumInterval: at least 1 second";
        }

        if (Heartbeat != TimeSpan.Zero && Heartbeat < MinimumInterval)
        {
            yield return "health.heartbeat: 0 for never, or at least health.minimumInterval";
        }
    }
}
