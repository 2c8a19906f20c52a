using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Health;

/// <summary>One room's part of a health entry.</summary>
public interface IHealthPart
{
    /// <summary>Writes what the room knows now. Quick: it looks and does not ask.</summary>
    void AddTo(HealthReport report);
}
