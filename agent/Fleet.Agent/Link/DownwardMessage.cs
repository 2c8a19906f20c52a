using Fleet.Contracts;

namespace Fleet.Agent.Link;

/// <summary>
/// A message of the server. Until it is acknowledged the server keeps it and delivers it again after a reconnect, so the receiver
/// makes durable what it learnt before it acknowledges.
/// </summary>
public abstract class DownwardMessage
{
    /// <summary>What it is.</summary>
    public abstract LinkChannel Channel { get; }

    /// <summary>The message's bytes, not checked in any way.</summary>
    public abstract ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Tells the endpoint that the message need not be delivered again. Does nothing when the connection it came on is over.</summary>
    public abstract ValueTask AcknowledgeAsync(CancellationToken cancellationToken);
}
