using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Commands;

/// <summary>
/// What settle-and-lock and retire have in common, up to the verdict: drain, learn what is unknown, close the batch, wait until the
/// server holds the settlement and has compared the counters. The gate stays closed whatever goes wrong.
/// </summary>
public sealed class SettlementSteps(
    CommandStore store,
    PaymentGate gate,
    SettlementCapture settlements,
    TerminalWork work,
    ITransactionJournal journal,
    TerminalOptions terminal,
    CommandOptions options,
    TimeProvider clock)
{
    /// <summary>Does the act of one stage; null when the stage is none of these.</summary>
    public async Task<StepOutcome?> StepAsync(CommandRecord record, CancellationToken cancellationToken) => record.Stage switch
    {
        CommandStage.Accepted => await CloseGateAsync(record, cancellationToken),
        CommandStage.Draining => await DrainAsync(record, cancellationToken),
        CommandStage.Settling => await SettleAsync(record, cancellationToken),
        CommandStage.Uploading => await UploadAsync(record, cancellationToken),
        CommandStage.Reconciling => Reconcile(record) ?? await ReconciledAsync(record, cancellationToken),
        _ => null,
    };

    private async Task<StepOutcome> CloseGateAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Draining) { Enforcement = EnforcementLevel.Gate },
            (write, token) => gate.MoveAsync(work.Position(State.Draining, record), write, token),
            cancellationToken);
        return StepOutcome.Moved;
    }

    private async Task<StepOutcome> DrainAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        await gate.WhenDrainedAsync(cancellationToken);
        if (await work.ResolveAsync(cancellationToken) is { } obstacle)
        {
            return obstacle;
        }

        await store.MoveAsync(record, new CommandMove(CommandStage.Settling), commit: null, cancellationToken);
        return StepOutcome.Moved;
    }

    // The settlement and the move to the next stage are one commit: after a crash the batch is settled and the command knows it, or neither.
    private async Task<StepOutcome> SettleAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var obstacle = await work.SettleAsync(record.Id, CommitAsync, cancellationToken);
        return obstacle ?? StepOutcome.Moved;

        async Task CommitAsync(OpenSettlement settlement, byte resultCode, CancellationToken token)
        {
            var moved = await store.MoveAsync(
                record,
                new CommandMove(CommandStage.Uploading) { SettlementId = settlement.SettlementId },
                (write, inner) => settlements.SettleAsync(settlement, resultCode, terminal.Currency, write, inner),
                token);
            if (moved is null)
            {
                throw new InvalidOperationException($"Command {record.Id} was moved while it settled.");
            }
        }
    }

    private async Task<StepOutcome> UploadAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        try
        {
            // Everything that is durable now: the settlement is among it.
            await journal.WaitForEverythingAsync(cancellationToken).WaitAsync(options.UploadPatience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return StepOutcome.Blocked(ReasonCodes.EntriesUnsent, $"{journal.Position.Unsent} entries are waiting for the server");
        }

        await store.MoveAsync(record, new CommandMove(CommandStage.Reconciling), commit: null, cancellationToken);
        return StepOutcome.Moved;
    }

    private StepOutcome? Reconcile(CommandRecord record)
    {
        var verdict = store.VerdictFor(record.Id);
        if (verdict is null || verdict.SettlementId != record.SettlementId)
        {
            return StepOutcome.Waiting("the server has not compared the counters yet");
        }

        return verdict.Result == SettlementVerdict.Types.Result.Balanced ? null : StepOutcome.Blocked(ReasonCodes.CountersDiffer, verdict.Detail);
    }

    private async Task<StepOutcome> ReconciledAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        await store.MoveAsync(record, new CommandMove(CommandStage.Locking), commit: null, cancellationToken);
        return StepOutcome.Moved;
    }
}
