using Fleet.Agent.Journal;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Commands;

/// <summary>
/// What follows the final entry of a retirement: it is waited for until the server holds it or is otherwise known to, then the keys
/// and the configuration of the terminal are destroyed. The gate stays retired for ever.
/// </summary>
public sealed class RetirementEnd(
    ITransactionJournal journal,
    CommandStore store,
    ICommandTrust trust,
    IEnumerable<IRetirementErasure> erasures,
    IEnumerable<IRetirementWitness> witnesses,
    ICrashPoints crashPoints,
    ILogger<RetirementEnd> logger)
{
    /// <summary>Waits, erases, and notes that it is done.</summary>
    public async Task FinishAsync(CommandRecord retired, CancellationToken cancellationToken)
    {
        await WaitForTheServerAsync(cancellationToken);
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

    private async Task WaitForTheServerAsync(CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = witnesses.Select(w => w.SeenAsync(over.Token)).Append(journal.WaitForEverythingAsync(over.Token)).ToList();
        await await Task.WhenAny(waiting);
        await over.CancelAsync();
        await Task.WhenAll(waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
