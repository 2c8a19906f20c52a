using Fleet.Agent.Link;

namespace Fleet.Agent.Hosting;

/// <summary>The identity this run of the agent has, or why it has none. Without one the agent works on site and only collects.</summary>
/// <param name="Device">The identity.</param>
/// <param name="Problem">Why there is none, with the next step; empty when there is one.</param>
public sealed record Identity(DeviceIdentity? Device, string Problem)
{
    /// <summary>Reads it from the data directory.</summary>
    public static Identity Load(IdentityStore store) =>
        store.TryLoad(out var identity, out var problem) ? new Identity(identity, string.Empty) : new Identity(null, problem);
}
