namespace Fleet.Agent.Link;

/// <summary>The identity of this agent at a moment, or why it has none. Without one the agent works on site and only collects.</summary>
/// <param name="Device">The identity.</param>
/// <param name="Problem">Why there is none, with the next step; empty when there is one.</param>
public sealed record Identity(DeviceIdentity? Device, string Problem);

/// <summary>The identity as it is now; it changes while the agent runs.</summary>
public interface ICurrentIdentity
{
    /// <summary>The present one.</summary>
    Identity Now { get; }

    /// <summary>Completes at the next change; take it before looking.</summary>
    Task Changed { get; }

    /// <summary>The server accepted the renewed certificate: it is the only one from now on.</summary>
    /// <exception cref="IOException">That could not be made durable; both still count.</exception>
    void Confirm(DeviceIdentity device);
}
