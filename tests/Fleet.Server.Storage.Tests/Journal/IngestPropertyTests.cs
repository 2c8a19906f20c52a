using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Tests.World;
using FsCheck;
using FsCheck.Fluent;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Tests.Journal;

/// <summary>Whatever order, overlap, gap or repetition batches arrive in: the ledger is the one of the journal, read once from end to end.</summary>
public sealed class IngestPropertyTests
{
    /// <summary>One payment of a generated journal.</summary>
    public sealed record Payment(int Amount, TransactionOutcome Outcome, PaymentKind Kind, bool Resolved, bool SettledAfter);

    /// <summary>A run that is sent: from a place, so many entries.</summary>
    public sealed record Send(int From, int Count);

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public Property Any_interleaving_gives_the_same_ledger()
    {
        var payment =
            from amount in Gen.Choose(1, 100_000)
            from outcome in Gen.Elements(TransactionOutcome.Approved, TransactionOutcome.Approved, TransactionOutcome.Declined, TransactionOutcome.Unknown)
            from kind in Gen.Elements(PaymentKind.Sale, PaymentKind.Sale, PaymentKind.Refund, PaymentKind.Reversal, PaymentKind.PreAuthorisation)
            from resolved in Gen.Elements(true, false)
            from settled in Gen.Frequency((6, Gen.Constant(false)), (1, Gen.Constant(true)))
            select new Payment(amount, outcome, kind, resolved, settled);
        var cases =
            from payments in payment.ListOf(12)
            from sends in Gen.Zip(Gen.Choose(0, 40), Gen.Choose(1, 12)).Select(static s => new Send(s.Item1, s.Item2)).ListOf(20)
            select (payments.ToList(), sends.ToList());
        return Prop.ForAll(cases.ToArbitrary(), static c => HoldsAsync(c.Item1, c.Item2));
    }

    private static async Task<bool> HoldsAsync(List<Payment> payments, List<Send> sends)
    {
        await using var world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);
        await world.RegisterAsync();
        await world.RegisterAsync("lane2");
        var journal = Write("lane1", payments);
        var whole = Write("lane2", payments);
        await world.StoreAsync(whole);

        foreach (var send in sends)
        {
            var from = Math.Min(send.From, (int)journal.Length - 1) + 1;
            var result = await world.Journal.AppendAsync(journal.Run(from, Math.Min(journal.Length, from + send.Count)), CancellationToken.None);
            if (result.Outcome == AppendOutcome.Gap)
            {
                // What an agent does: it goes on from what the server expects.
                await world.Journal.AppendAsync(journal.Run(result.Through + 1, Math.Min(journal.Length, result.Through + send.Count)), CancellationToken.None);
            }
        }

        await world.StoreAsync(journal);
        var ledger = await LedgerAsync(world, journal);
        var bytes = await world.Journal.ReadAsync(journal.Terminal, journal.Epoch, 1, (int)journal.Length + 1, CancellationToken.None);
        return bytes.SequenceEqual(journal.Entries.Select(static e => e.Bytes))
            && ledger.SequenceEqual(await LedgerAsync(world, whole))
            && await SumsHoldAsync(world, journal, ledger)
            && await SettlementsAsync(world, journal) == await SettlementsAsync(world, whole);
    }

    private static ScriptedJournal Write(string terminal, List<Payment> payments)
    {
        var journal = new ScriptedJournal(terminal, new Guid(7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7));
        journal.Start();
        var after = 0L;
        for (var i = 0; i < payments.Count; i++)
        {
            var p = payments[i];
            journal.Intent(p.Amount, p.Kind, $"t{i}");
            journal.Outcome($"t{i}", p.Amount, p.Outcome, p.Kind);
            if (p.SettledAfter)
            {
                journal.Settle(1, p.Amount, after);
                after = journal.Length;
            }

            if (p is { Outcome: TransactionOutcome.Unknown, Resolved: true })
            {
                journal.Outcome($"t{i}", p.Amount, TransactionOutcome.Approved, p.Kind);
            }
        }

        return journal;
    }

    private static async Task<List<(string, LedgerOutcome, Money?, long, bool)>> LedgerAsync(StorageWorld world, ScriptedJournal journal)
    {
        var page = StorageWorld.Accepted(await world.Ledger.ListTransactionsAsync(journal.Terminal, new ListQuery(1000, string.Empty, string.Empty), CancellationToken.None));
        return [.. page.Items.Select(static t => (t.Id, t.Outcome, t.Amount, t.Sequence, t.SettlementId.Length > 0)).OrderBy(static t => t.Id, StringComparer.Ordinal)];
    }

    private static async Task<string> SettlementsAsync(StorageWorld world, ScriptedJournal journal)
    {
        var page = StorageWorld.Accepted(await world.Ledger.ListSettlementsAsync(journal.Terminal, new ListQuery(1000, string.Empty, string.Empty), CancellationToken.None));
        return string.Join('|', page.Items.Select(static s => $"{s.Counters.Ledger} {s.State} {s.Difference}"));
    }

    private static async Task<bool> SumsHoldAsync(StorageWorld world, ScriptedJournal journal, List<(string Id, LedgerOutcome Outcome, Money? Amount, long, bool)> ledger)
    {
        var summary = StorageWorld.Accepted(await world.Ledger.SummarizeAsync(journal.Terminal, string.Empty, CancellationToken.None));
        var kinds = journal.Entries.Where(static e => e.Content.Transaction is not null).GroupBy(static e => e.Content.Transaction.TransactionId)
            .ToDictionary(static g => g.Key, static g => g.First().Content.Transaction.Kind);
        var counted = ledger.Where(t => t.Outcome == LedgerOutcome.Approved && kinds[t.Id] != PaymentKind.PreAuthorisation).ToList();
        var sum = counted.Sum(t => t.Amount!.Value.MinorUnits * (kinds[t.Id] == PaymentKind.Sale ? 1 : -1));
        var expected = counted.Count == 0 ? Tally.Empty : new Tally(counted.Count, new Money(sum, "EUR"));
        return (summary.Approved.Count == 0 ? Tally.Empty : summary.Approved.Single()) == expected
            && summary.Unknown == ledger.Count(static t => t.Outcome == LedgerOutcome.Unknown);
    }
}
