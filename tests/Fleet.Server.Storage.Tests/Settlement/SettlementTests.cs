using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Tests.World;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Tests.Settlement;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class SettlementTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly Actor Bank = new(ActorKind.Acquirer, "bank");

    [Test]
    public async Task Batch_is_closed_and_compared_as_the_settlement_arrives()
    {
        var journal = await World.ActivateAsync();
        var sale = journal.Payment(1000);
        journal.Payment(300, kind: PaymentKind.Refund);
        journal.Payment(9999, TransactionOutcome.Declined);
        journal.Payment(500, kind: PaymentKind.PreAuthorisation);
        var id = journal.Settle(2, 700);

        await World.StoreAsync(journal, 3);

        var settlement = await SettlementAsync(id);
        Assert.Multiple(() =>
        {
            Assert.That(settlement.Counters.Terminal, Is.EqualTo(Eur(2, 700)));
            Assert.That(settlement.Counters.Ledger, Is.EqualTo(Eur(2, 700)));
            Assert.That(settlement.Counters.Acquirer, Is.Null);
            Assert.That(settlement.State, Is.EqualTo(SettlementState.Balanced));
            Assert.That(settlement.Difference, Is.EqualTo(Reconciliation.WithoutAcquirer));
            Assert.That(settlement.Brands, Is.EqualTo(new[] { new BrandShare("girocard", 2, 700) }));
        });
        Assert.That((await World.TerminalAsync()).Unsettled, Is.Empty);
        Assert.That(StorageWorld.Accepted(await World.Ledger.GetTransactionAsync(journal.Terminal, sale, CancellationToken.None)).SettlementId, Is.EqualTo(id));
    }

    [Test]
    public async Task Next_batch_begins_after_the_settlement()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        journal.Settle(1, 1000);
        var after = journal.Length;
        journal.Payment(200);
        var second = journal.Settle(1, 200, after);
        journal.Payment(50);

        await World.StoreAsync(journal, 3);

        Assert.That((await SettlementAsync(second)).State, Is.EqualTo(SettlementState.Balanced));
        Assert.That((await World.TerminalAsync()).Unsettled, Is.EqualTo(new[] { Eur(1, 50) }));
    }

    [TestCase(1, 1001)]
    [TestCase(2, 1000)]
    public async Task One_cent_or_one_payment_is_a_difference(int count, long minor)
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Settle((uint)count, minor, journalCount: 1, journalMinor: 1000);

        await World.StoreAsync(journal, 3);

        var settlement = await SettlementAsync(id);
        Assert.That(settlement.State, Is.EqualTo(SettlementState.Different));
        Assert.That(settlement.Difference, Does.Contain("journal 1 x = 1000 EUR").And.Contain("ledger 1 x = 1000 EUR"));
    }

    [Test]
    public async Task Payment_without_outcome_keeps_the_batch_from_balancing_until_it_is_learnt()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var open = journal.Intent(400);
        var id = journal.Settle(1, 1000);
        await World.StoreAsync(journal, 3);
        var before = await SettlementAsync(id);

        await World.StoreAsync(journal, journal.Outcome(open, 400, TransactionOutcome.Declined));

        Assert.That((before.State, before.Difference), Is.EqualTo((SettlementState.Different, "1 transaction(s) of the batch without a known outcome")));
        Assert.That((await SettlementAsync(id)).State, Is.EqualTo(SettlementState.Balanced));
    }

    [Test]
    public async Task Outcome_that_is_learnt_as_approved_shows_as_a_difference()
    {
        var journal = await World.ActivateAsync();
        var lost = journal.Payment(400, TransactionOutcome.Unknown);
        var id = journal.Settle(0, 0);
        await World.StoreAsync(journal, 3);

        await World.StoreAsync(journal, journal.Outcome(lost, 400));

        var settlement = await SettlementAsync(id);
        Assert.That((settlement.State, settlement.Counters.Ledger), Is.EqualTo((SettlementState.Different, Eur(1, 400))));
    }

    [Test]
    public async Task Payments_that_the_range_leaves_out_are_not_hidden()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(100);
        var after = journal.Length;
        journal.Payment(200);
        var id = journal.Settle(1, 200, after);

        await World.StoreAsync(journal, 3);

        Assert.That((await SettlementAsync(id)).Difference, Is.EqualTo("1 earlier transaction(s) that no settlement covers"));
    }

    [Test]
    public async Task Open_payments_of_a_damaged_journal_are_not_hidden()
    {
        var before = await World.ActivateAsync();
        before.Payment(100);
        await World.StoreAsync(before, 3);
        var after = new ScriptedJournal("lane1");
        after.Start(EpochStarted.Types.Reason.PreviousDamaged, before, 4);
        after.Payment(200);
        var id = after.Settle(1, 200);

        await World.StoreAsync(after);

        Assert.That((await SettlementAsync(id)).State, Is.EqualTo(SettlementState.Different));
    }

    [Test]
    public async Task Settlement_of_a_command_is_the_commands_settlement()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        var id = journal.Settle(0, 0, command: command.Id);
        await World.StoreAsync(journal, 3);

        var view = await World.CommandAsync(command.Id);
        var waiting = await World.Closings.WithoutVerdictAsync(CancellationToken.None);

        Assert.That((view.SettlementId, view.Counters?.Terminal), Is.EqualTo((id, Eur(0, 0))));
        Assert.That(waiting.Single().Id, Is.EqualTo(id));
    }

    [Test]
    public async Task Settlement_id_that_comes_twice_is_an_alarm_and_changes_nothing()
    {
        var journal = await World.ActivateAsync();
        var id = journal.Settle(0, 0);
        var entry = journal.Entries[^1].Content.Settlement.Clone();
        entry.Terminal.Count = 7;
        journal.Add(e => e.Settlement = entry);

        await World.StoreAsync(journal, 3);

        Assert.That((await SettlementAsync(id)).Counters.Terminal.Count, Is.Zero);
        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(AlarmCodes.SettlementRepeated));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Acquirer_totals_are_compared_whether_they_come_before_or_after(bool before)
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Settle(1, 1000, trace: 77);
        AcquirerMatch match;
        if (before)
        {
            match = await ReportAsync(77, Eur(1, 1000));
            await World.StoreAsync(journal, 3);
            Assert.That(match.Settlement, Is.Null);
        }
        else
        {
            await World.StoreAsync(journal, 3);
            match = await ReportAsync(77, Eur(1, 1000));
            Assert.That(match.Settlement?.Id, Is.EqualTo(id));
        }

        var settlement = await SettlementAsync(id);
        Assert.That((settlement.State, settlement.Counters.Acquirer, settlement.Difference), Is.EqualTo((SettlementState.Balanced, Eur(1, 1000), string.Empty)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Settlement_that_was_cut_off_takes_the_only_report_that_belongs_to_nothing(bool before)
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Settle(1, 1000, trace: 0);
        if (before)
        {
            await ReportAsync(77, Eur(1, 1000));
            await World.StoreAsync(journal, 3);
        }
        else
        {
            await World.StoreAsync(journal, 3);
            Assert.That((await ReportAsync(77, Eur(1, 999))).Settlement?.Id, Is.EqualTo(id));
            Assert.That((await ReportAsync(77, Eur(1, 1000))).Settlement?.Id, Is.EqualTo(id), "a correction of it");
            Assert.That((await ReportAsync(78, Eur(5, 5000))).Settlement, Is.Null, "another batch");
        }

        var settlement = await SettlementAsync(id);
        Assert.That((settlement.State, settlement.Counters.Acquirer), Is.EqualTo((SettlementState.Balanced, Eur(1, 1000))));
    }

    [Test]
    public async Task Settlement_that_was_cut_off_guesses_nothing_among_two_reports()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Settle(1, 1000, trace: 0);
        await ReportAsync(77, Eur(1, 1000));
        await ReportAsync(78, Eur(2, 3000));
        await World.StoreAsync(journal, 3);

        Assert.That((await SettlementAsync(id)).Counters.Acquirer, Is.Null);
    }

    [Test]
    public async Task Acquirer_that_differs_is_a_difference_even_without_a_configured_connection()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Settle(1, 1000, trace: 77);
        await World.StoreAsync(journal, 3);

        await ReportAsync(77, Eur(1, 999));

        Assert.That((await SettlementAsync(id)).Difference, Is.EqualTo("terminal 1 x = 1000 EUR (minor units), acquirer 1 x = 999 EUR (minor units)"));
    }

    [Test]
    public async Task Correction_by_the_acquirer_counts_and_the_first_report_is_kept()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Settle(1, 1000, trace: 77);
        await World.StoreAsync(journal, 3);
        await ReportAsync(77, Eur(1, 999));

        await ReportAsync(77, Eur(1, 1000));

        Assert.That((await SettlementAsync(id)).State, Is.EqualTo(SettlementState.Balanced));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM acquirer_reports"), Is.EqualTo(2));
    }

    [Test]
    public async Task Trace_number_that_comes_round_again_does_not_take_the_old_totals()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var first = journal.Settle(1, 1000, trace: 77);
        await World.StoreAsync(journal, 3);
        await ReportAsync(77, Eur(1, 1000));
        var after = journal.Length;
        journal.Payment(1);
        var second = journal.Settle(1, 1, after, trace: 77);
        await World.StoreAsync(journal, after + 1);

        Assert.That((await SettlementAsync(second)).Counters.Acquirer, Is.Null);
        Assert.That((await SettlementAsync(first)).Counters.Acquirer, Is.EqualTo(Eur(1, 1000)));
    }

    [Test]
    public async Task Repeated_report_is_stored_once()
    {
        var report = new AcquirerReport(ScriptedJournal.Tid, 77, Eur(1, 1000), "r1");

        await World.Ledger.ReportAcquirerTotalsAsync(report, Bank, CancellationToken.None);
        await World.Ledger.ReportAcquirerTotalsAsync(report, Bank, CancellationToken.None);
        var other = await World.Ledger.ReportAcquirerTotalsAsync(report with { TraceNumber = 78 }, Bank, CancellationToken.None);

        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM acquirer_reports"), Is.EqualTo(1));
        Assert.That(other.Refusal?.Code, Is.EqualTo(RefusalCodes.RequestIdReused));
    }

    [TestCase("1234567", 77, 1, 1, "EUR", "tid")]
    [TestCase("1234567x", 77, 1, 1, "EUR", "tid")]
    [TestCase("52500001", 0, 1, 1, "EUR", "trace_number")]
    [TestCase("52500001", 1_000_000, 1, 1, "EUR", "trace_number")]
    [TestCase("52500001", 77, -1, 1, "EUR", "totals.count")]
    [TestCase("52500001", 77, 1, 1, "", "totals.sum.currency")]
    [TestCase("52500001", 77, 1, long.MaxValue, "EUR", "totals.sum.minor_units")]
    public async Task Faulty_report_is_refused_by_its_field(string tid, long trace, long count, long minor, string currency, string field)
    {
        var report = new AcquirerReport(tid, trace, new Tally(count, new Money(minor, currency)), string.Empty);

        Assert.That((await World.Ledger.ReportAcquirerTotalsAsync(report, Bank, CancellationToken.None)).Refusal?.Subject, Is.EqualTo(field));
    }

    [Test]
    public async Task Settlements_are_listed_newest_first_and_filtered()
    {
        var journal = await World.ActivateAsync();
        var first = journal.Settle(0, 0);
        var second = journal.Settle(5, 5, journal.Length, command: "c1");
        await World.StoreAsync(journal, 3);

        var all = await ListAsync(string.Empty);
        var balanced = await ListAsync("state = BALANCED");
        var commanded = await ListAsync("command = \"commands/c1\"");

        Assert.That(all.Select(static s => s.Id), Is.EqualTo(new[] { second, first }));
        Assert.That(balanced.Single().Id, Is.EqualTo(first));
        Assert.That(commanded.Single().Id, Is.EqualTo(second));
    }

    private async Task<IReadOnlyList<SettlementView>> ListAsync(string filter) =>
        StorageWorld.Accepted(await World.Ledger.ListSettlementsAsync(TerminalId.Parse("lane1"), new ListQuery(0, string.Empty, filter), CancellationToken.None)).Items;

    private async Task<SettlementView> SettlementAsync(string id) => (await ListAsync(string.Empty)).Single(s => s.Id == id);

    private async Task<AcquirerMatch> ReportAsync(long trace, Tally totals) => StorageWorld.Accepted(
        await World.Ledger.ReportAcquirerTotalsAsync(new AcquirerReport(ScriptedJournal.Tid, trace, totals, string.Empty), Bank, CancellationToken.None));

    private static Tally Eur(long count, long minor) => new(count, new Money(minor, "EUR"));
}
