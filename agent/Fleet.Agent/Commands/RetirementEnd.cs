using Fleet.Agent.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// What follows the final entry of a retirement: it is waited for until the server holds it, then the keys and the configuration
/// of the terminal are destroyed. The gate stays retired for ever.
/// </summary>
public sealed class RetirementEnd(
    ITransactionJournal journal,
    CommandStore store,
    ICommandTrust trust,
    IEnumerable<IRetirementErasure> erasures,
    ICrashPoints crashPoints,
    ILogger<RetirementEnd> logger)
{
    /// <summary>Waits, erases, and notes that it is done.</summary>
    public async Task FinishAsync(CommandRecord retired, CancellationToken cancellationToken)
    {
        await journal.WaitForEverythingAsync(cancellationToken);
        crashPoints.Reached("erase-before");
        foreach (var erasure in erasures)
        {
            await erasure.EraseAsync(cancellationToken);
            crashPoints.Reached("erase-one");
        }

        await store.NoteAsync(retired with { Erased = true }, cancellationToken);
        crashPoints.Reached("erase-durable");
        CommandLog.Erased(logger, trust.Terminal);
    }
}

/// <summary>Waiting for the server.</summary>
internal static class Acknowledgement
{
    /// <summary>Completes when the server holds everything that is durable now, whatever epoch it travels in.</summary>
    public static async Task WaitForEverythingAsync(this ITransactionJournal journal, CancellationToken cancellationToken)
    {
        JournalPosition position;
        do
        {
            position = journal.Position;
        }
        while (!await journal.WaitForAcknowledgementAsync(position.Epoch, position.LastSequence, cancellationToken));
    }
}
