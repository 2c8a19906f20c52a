using Fleet.Agent.Gate;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Commands;

/// <summary>
/// Disable: the gate closes durably first, the running payment ends, and then the terminal is registered so that nothing can be
/// started at the device. Reports who enforces it.
/// </summary>
public sealed class DisablePlan(CommandStore store, PaymentGate gate, TerminalWork work, CommandOptions options) : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.Disable];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        switch (record.Stage)
        {
            case CommandStage.Accepted when gate.Position.State == State.Locked:
                var refused = new CommandMove(CommandStage.Failed, ReasonCodes.StateForbids, "the terminal is locked");
                await store.MoveAsync(record, refused, commit: null, cancellationToken);
                return StepOutcome.Moved;
            case CommandStage.Accepted:
                await store.MoveAsync(
                    record,
                    new CommandMove(CommandStage.Draining) { Enforcement = EnforcementLevel.Gate },
                    (write, token) => gate.MoveAsync(work.Position(State.Disabled, record), write, token),
                    cancellationToken);
                return StepOutcome.Moved;
            case CommandStage.Draining:
                await gate.WhenDrainedAsync(cancellationToken);
                await store.MoveAsync(record, new CommandMove(CommandStage.Locking), commit: null, cancellationToken);
                return StepOutcome.Moved;
            case CommandStage.Locking:
                var locked = await work.LockAsync(record, options.DisablePatience, cancellationToken);
                await store.MoveAsync(record, new CommandMove(CommandStage.Succeeded, Detail: locked.Detail) { Enforcement = locked.Level }, commit: null, cancellationToken);
                return StepOutcome.Moved;
            default:
                throw new InvalidOperationException($"Disable has no stage {record.Stage}.");
        }
    }
}
