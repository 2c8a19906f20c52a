using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Zvt;

namespace Fleet.Agent.Capture;

/// <summary>Takes part in a dialogue that an earlier run of the agent was cut off from, as long as its payment or end-of-day is open.</summary>
public sealed class LateDialogue(PaymentCapture payments, SettlementCapture settlements, TimeProvider clock) : ILateDialogue
{
    /// <inheritdoc/>
    public IEcrHandler? Handler
    {
        get
        {
            var cutOff = payments.Snapshot.Open.LastOrDefault(static p => p.Stage is PaymentStage.Intended or PaymentStage.StatusSeen);
            if (cutOff is not null)
            {
                return new WitnessedHandler(new PaymentWitness(payments, cutOff, clock));
            }

            // Only its totals are taken here; what they are worth is found out by asking.
            return settlements.Snapshot.Settlement is { } settlement
                ? new WitnessedHandler(new SettlementWitness(settlements, settlement, static (_, _, _) => Task.CompletedTask))
                : null;
        }
    }
}

/// <summary>Finds out about an end-of-day of a till whose end was not seen. One of a command is the command's own business.</summary>
public sealed class SettlementDuty(SettlementCapture capture, SettlementRecovery recovery, TerminalOptions options) : ILineDuty
{
    /// <inheritdoc/>
    public async Task PerformAsync(LineLease lease, CancellationToken cancellationToken)
    {
        if (capture.Snapshot.Settlement is { CommandId.Length: 0 } open && lease.IsAlive)
        {
            await recovery.RecoverAsync(
                lease, open, (settlement, code, token) => capture.SettleAsync(settlement, code, options.Currency, new JournalWrite(), token), cancellationToken);
        }
    }
}
