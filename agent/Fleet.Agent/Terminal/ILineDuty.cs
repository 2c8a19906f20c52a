namespace Fleet.Agent.Terminal;

/// <summary>
/// Something that has to be done each time the line was opened, before anybody else may speak with the terminal: learning the
/// outcome of a payment that was cut off, for instance.
/// </summary>
public interface ILineDuty
{
    /// <summary>Does it. The terminal is registered and is the pinned one.</summary>
    Task PerformAsync(LineLease lease, CancellationToken cancellationToken);
}
