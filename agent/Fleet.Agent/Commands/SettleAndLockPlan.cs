using Fleet.Agent.Gate;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Commands;

/// <summary>Settle-and-lock: the batch is closed and agreed on by everybody who counts, and then the terminal is locked.</summary>
public sealed class SettleAndLockPlan(CommandStore store, PaymentGate gate, SettlementSteps steps, TerminalWork work, CommandOptions options) : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.SettleAndLock];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (record.Stage == CommandStage.Accepted && gate.Position.State == State.Locked)
        {
            var refused = new CommandMove(CommandStage.Failed, ReasonCodes.StateForbids, "the terminal is locked: its batch is closed");
            await store.MoveAsync(record, refused, commit: null, cancellationToken);
            return StepOutcome.Moved;
        }

        return await steps.StepAsync(record, cancellationToken) ?? record.Stage switch
        {
            CommandStage.Locking => await LockAsync(record, cancellationToken),
            _ => throw new InvalidOperationException($"Settle-and-lock has no stage {record.Stage}."),
        };
    }

    private async Task<StepOutcome> LockAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var locked = await work.LockAsync(record, options.DisablePatience, cancellationToken);
        await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Succeeded, Detail: locked.Detail) { Enforcement = locked.Level },
            (write, token) => gate.MoveAsync(work.Position(State.Locked, record), write, token),
            cancellationToken);
        return StepOutcome.Moved;
    }
}
