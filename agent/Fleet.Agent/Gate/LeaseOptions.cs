namespace Fleet.Agent.Gate;

/// <summary>When a lane steps down because the server was not heard; zero = never.</summary>
public sealed class LeaseOptions
{
    /// <summary>Somebody is told.</summary>
    public TimeSpan WarnAfter { get; set; }

    /// <summary>Lower caps on single payments.</summary>
    public TimeSpan LowerLimitAfter { get; set; }

    /// <summary>A new payment only while the server misses none.</summary>
    public TimeSpan NoOfflineAfter { get; set; }

    /// <summary>No payments.</summary>
    public TimeSpan LockAfter { get; set; }

    /// <summary>The lower caps in minor units, by ISO 4217 letters.</summary>
    public IDictionary<string, long> LowerLimits { get; private set; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The steps with their ages, mildest first.</summary>
    public IReadOnlyList<(LeaseStep Step, TimeSpan After)> Steps =>
    [
        (LeaseStep.Warned, WarnAfter), (LeaseStep.LowerLimit, LowerLimitAfter), (LeaseStep.NoOffline, NoOfflineAfter), (LeaseStep.Locked, LockAfter),
    ];

    /// <summary>Takes over everything.</summary>
    public void TakeLive(LeaseOptions other)
    {
        (WarnAfter, LowerLimitAfter, NoOfflineAfter, LockAfter) = (other.WarnAfter, other.LowerLimitAfter, other.NoOfflineAfter, other.LockAfter);
        LowerLimits = other.LowerLimits;
    }

    /// <summary>Names every fault with its key.</summary>
    public IEnumerable<string> Faults()
    {
        var used = Steps.Where(static s => s.After != TimeSpan.Zero).ToList();
        if (used.Exists(static s => s.After < TimeSpan.FromMinutes(5)))
        {
            yield return "lease.warnAfter, lease.lowerLimitAfter, lease.noOfflineAfter, lease.lockAfter: 0 or at least 5 minutes; heartbeats come once a minute";
        }

        if (used.Zip(used.Skip(1)).Any(static pair => pair.Second.After <= pair.First.After))
        {
            yield return "lease.lockAfter: each step must come later than the milder one before it";
        }

        if (LowerLimitAfter > TimeSpan.Zero && LowerLimits.Count == 0)
        {
            yield return "lease.lowerLimits: a lower limit needs an amount, for example lease.lowerLimits.EUR=5000";
        }

        foreach (var (currency, _) in LowerLimits.Where(static c => c.Value < 0 || Zvt.IsoCurrency.Find(c.Key) is null))
        {
            yield return $"lease.lowerLimits.{currency}: a currency of ISO 4217 and an amount that is not negative";
        }
    }
}
