using Fleet.Agent.Commands;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Hosting;

/// <summary>Whose orders are followed: as enrolment pinned it, or a successor that its roots signed. An agent without an identity follows nobody's.</summary>
internal sealed class IdentityTrust(CurrentIdentity identity) : ICommandTrust
{
    public TerminalId Terminal => identity.Now.Device?.Terminal ?? default;

    public DateTimeOffset? EnrolledAt => identity.Now.Device?.EnrolledAt;

    public TrustBundle Bundle => identity.Now.Device?.Trust ?? new TrustBundle();

    public TrustFault? Pin(SignedEnvelope envelope) => identity.Pin(envelope);

    public string? Keep(CertificateIssued issued, DateTimeOffset now) => identity.Keep(issued, now);
}

/// <summary>A retired terminal's agent keeps no key of the fleet.</summary>
internal sealed class IdentityErasure(IdentityStore store) : IRetirementErasure
{
    public Task EraseAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        store.Erase();
        return Task.CompletedTask;
    }
}
