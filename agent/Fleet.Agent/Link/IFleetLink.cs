using System.Threading.Channels;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Link;

/// <summary>
/// The agent's view of the way to the server: it connects by itself and again after every loss. Downward messages come in two
/// streams, so that an acknowledgement of the journal never waits behind a command, nor the other way round.
/// </summary>
public interface IFleetLink
{
    /// <summary>How the link stands.</summary>
    LinkStatus Status { get; }

    /// <summary>Completes when <see cref="Status"/> is no longer <paramref name="known"/>; returns the new one.</summary>
    Task<LinkStatus> WaitForChangeAsync(LinkStatus known, CancellationToken cancellationToken);

    /// <summary>
    /// <c>UplinkAck</c> messages. One reader: the uplink.
    /// </summary>
    ChannelReader<DownwardMessage> Acknowledgements { get; }

    /// <summary>
    /// Signed envelopes of the channels <c>Command</c>, <c>Cancel</c> and <c>Verdict</c>. One reader: the command inbox.
    /// </summary>
    ChannelReader<DownwardMessage> Orders { get; }

    /// <summary>Publishes a run of journal entries; completes when the server's endpoint took the bytes (which is no promise about its disk).</summary>
    /// <exception cref="LinkLostException">The connection ended before.</exception>
    ValueTask PublishBatchAsync(UplinkBatch batch, CancellationToken cancellationToken);

    /// <summary>Publishes on the control lane; completes when the server's endpoint took it.</summary>
    /// <exception cref="LinkLostException">The connection ended before, or there is none.</exception>
    ValueTask PublishControlAsync(AgentControl message, CancellationToken cancellationToken);
}

/// <summary>How the link stands.</summary>
public enum LinkState
{
    /// <summary>No enrolment, or not started yet.</summary>
    Off,

    /// <summary>Nobody answers at the server's address.</summary>
    Unreachable,

    /// <summary>The server answered and refused: certificate, identity or policy.</summary>
    Refused,

    /// <summary>Connected and subscribed.</summary>
    Connected,
}

/// <summary>How the link stands, since when, and why in words.</summary>
/// <param name="State">The state.</param>
/// <param name="Detail">For a person; empty when connected.</param>
/// <param name="Session">Counts connections: grows with every one that is made.</param>
public sealed record LinkStatus(LinkState State, string Detail, int Session);

/// <summary>The connection ended before the endpoint took a message. It may or may not have arrived.</summary>
public sealed class LinkLostException(string message, Exception? inner = null) : IOException(message, inner);
