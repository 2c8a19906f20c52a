using Fleet.Agent.Commands;
using Fleet.Contracts;

namespace Fleet.Agent.Link;

/// <summary>
/// The fleet's own server refuses this terminal because it is retired, which it can only know from the journal; or there is no identity
/// left to ask it with, which is what the erasure that was interrupted leaves.
/// </summary>
internal sealed class RetirementWitness(IFleetLink link, IdentityStore identity) : IRetirementWitness
{
    public async Task SeenAsync(CancellationToken cancellationToken)
    {
        var status = link.Status;
        while (identity.Exists && !IsRefusedAsRetired(status))
        {
            status = await link.WaitForChangeAsync(status, cancellationToken);
        }
    }

    private static bool IsRefusedAsRetired(LinkStatus status) =>
        status.State == LinkState.Refused && status.Detail.Contains(ReasonCodes.RetiredContact, StringComparison.Ordinal);
}
