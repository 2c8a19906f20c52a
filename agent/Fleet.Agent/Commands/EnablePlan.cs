using Fleet.Agent.Gate;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>Enable: the terminal says that it is ready, and only then the gate opens, in the same commit as the success.</summary>
public sealed class EnablePlan(CommandStore store, PaymentGate gate, TerminalWork work) : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.Enable];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (await work.CheckReadyAsync(cancellationToken) is { } obstacle)
        {
            return obstacle;
        }

        var moved = await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Succeeded) { Enforcement = EnforcementLevel.Unspecified },
            (write, token) => gate.MoveAsync(new GatePosition { Reason = record.Reason, CommandId = record.Id }, write, token),
            cancellationToken);
        if (moved is not null)
        {
            await work.UnlockAsync(cancellationToken);
        }

        return StepOutcome.Moved;
    }
}
