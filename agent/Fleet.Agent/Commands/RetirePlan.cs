using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Commands;

/// <summary>
/// Retire: as settle-and-lock, then nothing may be unsent, the terminal is dismissed, and the gate is retired for ever in the same
/// commit as the final entry. Keys and configuration go when the server holds that entry (<see cref="RetirementEnd"/>).
/// </summary>
public sealed class RetirePlan(
    CommandStore store, PaymentGate gate, SettlementSteps steps, TerminalWork work, ITransactionJournal journal, CommandOptions options, TimeProvider clock)
    : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.Retire];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken) =>
        await steps.StepAsync(record, cancellationToken) ?? record.Stage switch
        {
            CommandStage.Locking => await DismissAsync(record, cancellationToken),
            CommandStage.Erasing => await EndAsync(record, cancellationToken),
            _ => throw new InvalidOperationException($"Retire has no stage {record.Stage}."),
        };

    private async Task<StepOutcome> DismissAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await journal.WaitForEverythingAsync(cancellationToken).WaitAsync(options.UploadPatience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return StepOutcome.Blocked(ReasonCodes.EntriesUnsent, $"{journal.Position.Unsent} entries are waiting for the server");
        }

        if (await work.DismissAsync(cancellationToken) is not { } achieved)
        {
            return StepOutcome.Blocked(ReasonCodes.TerminalUnreachable, "the terminal does not answer; its terminal id is still in it");
        }

        await store.MoveAsync(
            record, new CommandMove(CommandStage.Erasing, Detail: achieved) { Enforcement = EnforcementLevel.Gate }, commit: null, cancellationToken);
        return StepOutcome.Moved;
    }

    private async Task<StepOutcome> EndAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        // Nothing follows: whatever still waits for its turn or its start gets its answer before the last entry.
        foreach (var waiting in store.Open.Where(r => r.Id != record.Id))
        {
            var refused = new CommandMove(CommandStage.Failed, ReasonCodes.TerminalRetired, $"command {record.Id} retires the terminal");
            await store.MoveAsync(waiting, refused, commit: null, cancellationToken);
        }

        await store.MoveAsync(
            record,
            new CommandMove(CommandStage.Succeeded, Detail: "keys and configuration of the terminal are erased when the server holds this entry"),
            (write, token) => gate.MoveAsync(work.Position(State.Retired, record), write, token),
            cancellationToken);
        return StepOutcome.Moved;
    }
}
