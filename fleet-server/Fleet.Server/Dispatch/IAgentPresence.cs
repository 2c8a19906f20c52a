using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;

namespace Fleet.Server.Dispatch;

/// <summary>What the gateway tells about connections. Contact never changes a lifecycle state.</summary>
public interface IAgentPresence
{
    /// <summary>
    /// An agent with a valid certificate asks in. Null: welcome. Otherwise it must not be let in: not registered, retired (an alarm is
    /// raised) or a certificate that is no longer the valid one.
    /// </summary>
    /// <param name="certificateFingerprint">Lower-case hex SHA-256 of the presented certificate.</param>
    Task<Refusal?> ConnectedAsync(TerminalId terminal, string certificateFingerprint, CancellationToken cancellationToken);

    /// <summary>Its connection is gone.</summary>
    Task DisconnectedAsync(TerminalId terminal, CancellationToken cancellationToken);

    /// <summary>A message of its control lane. <c>Hello</c> (after it subscribed) sets off what waits for it.</summary>
    Task ControlAsync(TerminalId terminal, AgentControl control, CancellationToken cancellationToken);
}
