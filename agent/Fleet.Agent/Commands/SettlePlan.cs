using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Commands;

/// <summary>
/// Settle: the running payment ends, the batch is closed, and the gate stands where it stood before in the same commit as the
/// settlement. When the terminal will not settle, the gate is put back with the failure; only an end-of-day whose outcome is not
/// known keeps it closed.
/// </summary>
public sealed class SettlePlan(CommandStore store, PaymentGate gate, SettlementCapture settlements, TerminalWork work, PatientLine line, TerminalOptions terminal)
    : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.Settle];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        switch (record.Stage)
        {
            case CommandStage.Accepted:
                await CloseGateAsync(record, cancellationToken);
                return StepOutcome.Moved;
            case CommandStage.Draining:
                await gate.WhenDrainedAsync(cancellationToken);
                await AwaitTerminalAsync(cancellationToken);
                if (await work.ResolveAsync(cancellationToken) is { } obstacle)
                {
                    return await GiveUpAsync(record, obstacle, cancellationToken);
                }

                await store.MoveAsync(record, new CommandMove(CommandStage.Settling), commit: null, cancellationToken);
                return StepOutcome.Moved;
            case CommandStage.Settling:
                await AwaitTerminalAsync(cancellationToken);
                return await work.SettleAsync(record.Id, (settlement, code, token) => CommitAsync(record, settlement, code, token), cancellationToken) is { } unsettled
                    ? await GiveUpAsync(record, unsettled, cancellationToken)
                    : StepOutcome.Moved;
            default:
                throw new InvalidOperationException($"Settle has no stage {record.Stage}.");
        }
    }

    // So that a line that is only just lost does not end the command.
    private async Task AwaitTerminalAsync(CancellationToken cancellationToken)
    {
        using var lease = await line.TakeAsync(cancellationToken);
    }

    private async Task CloseGateAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var before = gate.Position;
        if (before.State == State.Locked)
        {
            var refused = new CommandMove(CommandStage.Failed, ReasonCodes.StateForbids, "the terminal is locked: its batch is closed");
            await store.MoveAsync(record, refused, commit: null, cancellationToken);
            return;
        }

        await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Draining) { Enforcement = EnforcementLevel.Gate, GateBefore = before },
            (write, token) => gate.MoveAsync(work.Position(State.Draining, record), write, token),
            cancellationToken);
    }

    // The settlement, the end of the command and the gate are one commit.
    private async Task CommitAsync(CommandRecord record, OpenSettlement settlement, byte resultCode, CancellationToken cancellationToken)
    {
        var moved = await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Succeeded) { SettlementId = settlement.SettlementId, Enforcement = EnforcementLevel.Unspecified },
            (write, token) => gate.MoveAsync(Before(record), write, (all, inner) => settlements.SettleAsync(settlement, resultCode, terminal.Currency, all, inner), token),
            cancellationToken);
        if (moved is null)
        {
            throw new InvalidOperationException($"Command {record.Id} was moved while it settled.");
        }
    }

    private async Task<StepOutcome> GiveUpAsync(CommandRecord record, StepOutcome obstacle, CancellationToken cancellationToken)
    {
        if (settlements.Snapshot.Settlement is not null)
        {
            // 06 50 may have been obeyed: until that is known, a sale could fall into either batch.
            return obstacle;
        }

        await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Failed, obstacle.Reason, obstacle.Detail) { Enforcement = EnforcementLevel.Unspecified },
            (write, token) => gate.MoveAsync(Before(record), write, token),
            cancellationToken);
        return StepOutcome.Moved;
    }

    private static GatePosition Before(CommandRecord record) =>
        record.GateBefore ?? throw new InvalidOperationException($"Command {record.Id} closed the gate without noting where it stood.");
}
