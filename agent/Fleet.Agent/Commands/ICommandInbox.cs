using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>Takes what the server orders.</summary>
public interface ICommandInbox
{
    /// <summary>
    /// Checks a message and makes durable what follows from it; when it completes, the message may be acknowledged to whoever
    /// delivered it. A message that is not believed or already known completes too: delivering it again would change nothing.
    /// </summary>
    /// <param name="channel">A channel from the server but that of acknowledgements.</param>
    /// <param name="envelope">As received, not checked in any way.</param>
    /// <param name="cancellationToken">Gives up before anything is durable.</param>
    /// <exception cref="Journal.JournalFaultException">Nothing was stored; the message must be delivered again.</exception>
    Task ReceiveAsync(LinkChannel channel, SignedEnvelope envelope, CancellationToken cancellationToken);
}

/// <summary>Whose orders this agent follows. Pinned at enrolment, changed only by who was pinned.</summary>
public interface ICommandTrust
{
    /// <summary>The terminal this agent serves.</summary>
    TerminalId Terminal { get; }

    /// <summary>Keys that are believed.</summary>
    TrustBundle Bundle { get; }

    /// <summary>Time the server signed at enrolment; null when it did not.</summary>
    DateTimeOffset? EnrolledAt { get; }

    /// <summary>Pins a successor of <see cref="Bundle"/>, durably. Null when it is pinned; otherwise why not.</summary>
    /// <exception cref="IOException">It could not be made durable; the old one still holds.</exception>
    TrustFault? Pin(SignedEnvelope envelope);

    /// <summary>Keeps a renewed certificate, durably. Null when it is kept; otherwise what does not fit.</summary>
    /// <exception cref="IOException">It could not be made durable.</exception>
    string? Keep(CertificateIssued issued, DateTimeOffset now);
}

/// <summary>Something that keeps keys or configuration of the terminal and destroys it when the terminal is retired.</summary>
public interface IRetirementErasure
{
    /// <summary>Destroys it. May be called again after a crash; then what is already gone is no error.</summary>
    Task EraseAsync(CancellationToken cancellationToken);
}
