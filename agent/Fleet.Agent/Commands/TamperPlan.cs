using Fleet.Agent.Terminal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>
/// Clear-tamper: somebody has looked at a device that was opened. Forgetting it and the success are one commit; a device that still says that it
/// is open is not cleared.
/// </summary>
public sealed class TamperPlan(CommandStore store, TamperAlarm tamper) : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.ClearTamper];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        var state = await tamper.ReadAsync(cancellationToken);
        if (state == TamperState.Open)
        {
            var refused = new CommandMove(CommandStage.Failed, ReasonCodes.TerminalTampered, "the terminal still says that it is open");
            await store.MoveAsync(record, refused, commit: null, cancellationToken);
            return StepOutcome.Moved;
        }

        var done = new CommandMove(CommandStage.Succeeded, Detail: state == TamperState.Latched ? "the opening is cleared" : "no opening was known");
        await store.MoveAsync(record, done, tamper.ClearAsync, cancellationToken);
        return StepOutcome.Moved;
    }
}
