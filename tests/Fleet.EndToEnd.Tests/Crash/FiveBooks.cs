using Fleet.Agent.Journal;
using Fleet.Simulator.Host;
using Fleet.Simulator.Tills;
using Fleet.V1;
using Counter = Fleet.Simulator.Books.Counter;

namespace Fleet.EndToEnd.Tests.Crash;

/// <summary>What five books say about one lane over any number of settlements.</summary>
/// <param name="Till">Approved payments as the till believes.</param>
/// <param name="Journal">The same in the agent's journal.</param>
/// <param name="Ledger">The same on the server.</param>
/// <param name="Acquirer">The same at the acquirer: closed batches and the open one.</param>
/// <param name="OpenAtAcquirer">The acquirer's open batch alone.</param>
/// <param name="OpenAtTerminal">The terminal's open batch.</param>
/// <param name="Questions">Payments whose outcome somebody does not know.</param>
internal sealed record FiveBooks(
    Counter Till, Counter Journal, Counter Ledger, Counter Acquirer, Counter OpenAtAcquirer, Counter OpenAtTerminal, int Questions)
{
    public bool Agree => Questions == 0 && Till == Journal && Till == Ledger && Till == Acquirer && OpenAtTerminal == OpenAtAcquirer;

    public static FiveBooks Of(
        TillBooks till, AcquirerHost acquirer, string tid, Counter terminal, JournalSummary journal, SummarizeTransactionsResponse ledger)
    {
        var open = acquirer.OpenTotals(tid);
        return new FiveBooks(
            till.Approved,
            journal.Approved.Aggregate(Counter.Zero, static (sum, c) => sum.Plus(new Counter(c.Count, c.Sum.MinorUnits))),
            ledger.Approved.Aggregate(Counter.Zero, static (sum, c) => sum.Plus(new Counter((int)c.Count, c.Sum.MinorUnits))),
            acquirer.ClosedBatches(tid).Aggregate(open, static (sum, batch) => sum.Plus(batch.Host)),
            open,
            terminal,
            till.Count(TillOutcome.Unknown) + journal.Unknown + journal.Pending + (int)ledger.Unknown + (int)ledger.Pending);
    }
}
