using Fleet.Agent.Commands;
using Fleet.Agent.Link;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Hosting;

/// <summary>Whose orders are followed: as enrolment pinned it. An agent without an identity follows nobody's.</summary>
internal sealed class IdentityTrust(Identity identity) : ICommandTrust
{
    public TerminalId Terminal => identity.Device?.Terminal ?? default;

    public DateTimeOffset? EnrolledAt => identity.Device?.EnrolledAt;

    public TrustBundle Bundle { get; } = identity.Device?.Trust ?? new TrustBundle();
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
