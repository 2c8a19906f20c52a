using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Hosting;

namespace Fleet.Agent.Hosting;

/// <summary>
/// After a damaged journal whose state could not be read completely nobody knows whether the terminal was locked. A gate that
/// would be open then stays closed until an operator opens it.
/// </summary>
internal sealed class DamagedStateGuard(ITransactionJournal journal, PaymentGate gate) : IHostedService
{
    /// <summary>Runs after the gate has read its position and before the first till is served.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await journal.ReadStateAsync(JournalFolder.StateIncompleteKey, cancellationToken) is null)
        {
            return;
        }

        var known = new JournalWrite { State = [new StateChange(JournalFolder.StateIncompleteKey, null)] };
        if (gate.Position.IsOpen)
        {
            await gate.MoveAsync(new GatePosition { State = GateChange.Types.State.Disabled, Reason = ReasonCodes.JournalDamaged }, known, cancellationToken);
        }
        else
        {
            await journal.AppendAsync(known, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
