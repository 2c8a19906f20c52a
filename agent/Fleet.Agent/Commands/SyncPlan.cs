using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>Sync now: succeeds when the server holds everything that was durable when it began; fails after a while, so that it never stands in the way.</summary>
public sealed class SyncPlan(CommandStore store, ITransactionJournal journal, CommandOptions options, TimeProvider clock) : ICommandPlan
{
    /// <inheritdoc/>
    public IReadOnlyList<CommandKind> Kinds { get; } = [CommandKind.SyncNow];

    /// <inheritdoc/>
    public async Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken)
    {
        if (record.Stage == CommandStage.Accepted)
        {
            await store.MoveAsync(record, new CommandMove(CommandStage.Uploading, Detail: $"{journal.Position.Unsent} entries to send"), commit: null, cancellationToken);
            return StepOutcome.Moved;
        }

        CommandMove end;
        try
        {
            await journal.WaitForEverythingAsync(cancellationToken).WaitAsync(options.UploadPatience, clock, cancellationToken);
            end = new CommandMove(CommandStage.Succeeded, Detail: "the server holds everything");
        }
        catch (TimeoutException)
        {
            end = new CommandMove(CommandStage.Failed, ReasonCodes.EntriesUnsent, $"{journal.Position.Unsent} entries are waiting for the server");
        }

        await store.MoveAsync(record, end, commit: null, cancellationToken);
        return StepOutcome.Moved;
    }
}
