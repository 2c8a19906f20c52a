using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Tests.World;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Storage.Tests.Transactions;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class LedgerTests(EngineUnderTest engine) : StorageFixture(engine)
{
    [Test]
    public async Task Transaction_carries_everything_the_agent_told()
    {
        var journal = await World.ActivateAsync();
        var id = journal.Payment(1250);
        await World.StoreAsync(journal, 3);

        var transaction = await GetAsync(journal, id);

        Assert.That(transaction, Is.EqualTo(new TransactionView
        {
            Terminal = journal.Terminal,
            Id = id,
            Kind = PaymentKind.Sale,
            Outcome = LedgerOutcome.Approved,
            Amount = new Money(1250, "EUR"),
            Requested = new Money(1250, "EUR"),
            TraceNumber = 1,
            ReceiptNumber = 1,
            Tid = ScriptedJournal.Tid,
            ResultCode = 0,
            CardType = 2,
            CardName = "girocard",
            MaskedPan = "672581******1234",
            ApprovalCode = string.Empty,
            TerminalLocalTime = string.Empty,
            AgentTime = DateTimeOffset.UnixEpoch.AddTicks((1_773_491_696_000_000 + 3) * TimeSpan.TicksPerMicrosecond),
            IngestTime = World.Clock.GetUtcNow(),
            Evidence = Transaction.Types.Evidence.Dialogue,
            EvidenceText = "status information and completion",
            SettlementId = string.Empty,
            Epoch = journal.EpochText,
            Sequence = 4,
        }));
    }

    [Test]
    public async Task Announced_payment_is_pending_until_its_outcome_arrives()
    {
        var journal = await World.ActivateAsync();
        var id = journal.Intent(700);
        await World.StoreAsync(journal, 3);
        var pending = await GetAsync(journal, id);
        var open = await World.TerminalAsync();

        await World.StoreAsync(journal, journal.Outcome(id, 700));

        Assert.That((pending.Outcome, pending.Amount, pending.Requested), Is.EqualTo((LedgerOutcome.Pending, (Money?)null, (Money?)new Money(700, "EUR"))));
        Assert.That((open.UnknownTransactions, open.Unsettled.Count), Is.EqualTo((1, 0)));
        Assert.That((await GetAsync(journal, id)).Outcome, Is.EqualTo(LedgerOutcome.Approved));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM transaction_revisions"), Is.Zero);
    }

    [Test]
    public async Task Outcome_without_an_intent_is_booked_and_an_intent_that_comes_later_changes_nothing()
    {
        var journal = await World.ActivateAsync();
        var id = Guid.NewGuid().ToString();
        await World.StoreAsync(journal, journal.Outcome(id, 700));
        journal.Intent(900, id: id);
        await World.StoreAsync(journal, journal.Length);

        var transaction = await GetAsync(journal, id);
        Assert.That((transaction.Outcome, transaction.Amount, transaction.Sequence), Is.EqualTo((LedgerOutcome.Approved, (Money?)new Money(700, "EUR"), 3L)));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM transaction_revisions"), Is.Zero);
    }

    [Test]
    public async Task Outcome_after_its_intent_was_settled_goes_to_that_settlement()
    {
        var journal = await World.ActivateAsync();
        var id = journal.Intent(700);
        journal.Settle(0, 0);
        await World.StoreAsync(journal, 3);
        var settled = (await GetAsync(journal, id)).SettlementId;

        await World.StoreAsync(journal, journal.Outcome(id, 700));

        Assert.That(((await GetAsync(journal, id)).SettlementId, settled), Is.EqualTo((settled, settled)));
        Assert.That((await GetAsync(journal, id)).Outcome, Is.EqualTo(LedgerOutcome.Approved));
    }

    [Test]
    public async Task Latest_entry_wins_and_the_earlier_outcome_is_kept()
    {
        var journal = await World.ActivateAsync();
        var id = journal.Payment(700, TransactionOutcome.Unknown);
        await World.StoreAsync(journal, 3);
        var unknown = await World.TerminalAsync();

        await World.StoreAsync(journal, journal.Outcome(id, 650));

        var transaction = await GetAsync(journal, id);
        Assert.That(unknown.UnknownTransactions, Is.EqualTo(1));
        Assert.That((transaction.Outcome, transaction.Amount, transaction.Sequence), Is.EqualTo((LedgerOutcome.Approved, (Money?)new Money(650, "EUR"), 5L)));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM transaction_revisions WHERE outcome = 'Unknown' AND sequence = 4"), Is.EqualTo(1));
    }

    [Test]
    public async Task Later_journal_wins_over_entries_salvaged_from_the_one_before()
    {
        var before = await World.ActivateAsync();
        var id = before.Payment(700, TransactionOutcome.Unknown);
        var after = new ScriptedJournal("lane1");
        after.Start(EpochStarted.Types.Reason.PreviousDamaged, before, 4);
        after.Outcome(id, 700, TransactionOutcome.Declined);
        await World.StoreAsync(after);

        await World.StoreAsync(before, 3);

        Assert.That((await GetAsync(before, id)).Outcome, Is.EqualTo(LedgerOutcome.Declined));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM transaction_revisions WHERE outcome = 'Unknown'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Later_journal_wins_even_if_nothing_of_the_one_before_had_ever_arrived()
    {
        await World.EnrolAsync();
        var before = new ScriptedJournal("lane1");
        before.Start();
        var id = before.Payment(700, TransactionOutcome.Unknown);
        var after = new ScriptedJournal("lane1");
        after.Start(EpochStarted.Types.Reason.PreviousDamaged, before, 3);
        after.Outcome(id, 700, TransactionOutcome.Declined);

        await World.StoreAsync(after);
        await World.StoreAsync(before);

        Assert.That((await GetAsync(before, id)).Outcome, Is.EqualTo(LedgerOutcome.Declined));
    }

    [TestCase(-1, "EUR")]
    [TestCase(long.MaxValue, "EUR")]
    [TestCase(100, "euro")]
    public async Task Impossible_amount_is_unknown_money_and_an_alarm_and_spoils_no_sum(long minor, string currency)
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        var id = journal.Intent(1);
        journal.Outcome(id, minor, currency: currency);
        await World.StoreAsync(journal, 3);

        var summary = await SummarizeAsync(string.Empty);

        Assert.That((await GetAsync(journal, id)).Outcome, Is.EqualTo(LedgerOutcome.Unknown));
        Assert.That(summary.Approved, Is.EqualTo(new[] { new Tally(1, new Money(1000, "EUR")) }));
        Assert.That(summary.Unknown, Is.EqualTo(1));
        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(AlarmCodes.EntryInvalid));
    }

    [Test]
    public async Task Kind_or_outcome_of_a_newer_agent_is_unknown_money()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(100, kind: (PaymentKind)77);
        journal.Payment(100, (TransactionOutcome)88);
        await World.StoreAsync(journal, 3);

        Assert.That((await SummarizeAsync(string.Empty)).Unknown, Is.EqualTo(2));
        Assert.That((await ListAsync(string.Empty)).Select(static t => t.Outcome), Is.All.EqualTo(LedgerOutcome.Unknown));
    }

    [Test]
    public async Task Summary_has_one_sum_for_each_currency()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1000);
        journal.Payment(400, kind: PaymentKind.Refund);
        journal.Payment(5000, TransactionOutcome.Declined);
        journal.Payment(5000, TransactionOutcome.Unknown);
        journal.Intent(100);
        var swiss = journal.Intent(1);
        journal.Outcome(swiss, 250, currency: "CHF");
        await World.StoreAsync(journal, 3);

        var summary = await SummarizeAsync(string.Empty);
        var euros = await SummarizeAsync("currency = EUR");

        Assert.That(summary.Approved, Is.EqualTo(new[] { new Tally(1, new Money(250, "CHF")), new Tally(2, new Money(600, "EUR")) }));
        Assert.That((summary.Unknown, summary.Pending), Is.EqualTo((1, 1)));
        Assert.That(euros.Approved, Is.EqualTo(new[] { new Tally(2, new Money(600, "EUR")) }));
    }

    [Test]
    public async Task List_is_newest_first_paged_and_filtered()
    {
        var journal = await World.ActivateAsync();
        var ids = Enumerable.Range(1, 5).Select(i => journal.Payment(i)).ToList();
        var declined = journal.Payment(6, TransactionOutcome.Declined);
        await World.StoreAsync(journal, 3);
        var other = await World.ActivateAsync("lane2");
        other.Payment(7);
        await World.StoreAsync(other, 3);

        var first = StorageWorld.Accepted(await World.Ledger.ListTransactionsAsync(journal.Terminal, new ListQuery(4, string.Empty, string.Empty), CancellationToken.None));
        var second = StorageWorld.Accepted(await World.Ledger.ListTransactionsAsync(journal.Terminal, new ListQuery(4, first.NextPageToken, string.Empty), CancellationToken.None));
        var everywhere = StorageWorld.Accepted(await World.Ledger.ListTransactionsAsync(null, new ListQuery(0, string.Empty, string.Empty), CancellationToken.None));

        Assert.That(first.Items.Concat(second.Items).Select(static t => t.Id), Is.EqualTo(ids.Append(declined).Reverse()));
        Assert.That(everywhere.Items, Has.Count.EqualTo(7));
        Assert.That((await ListAsync("outcome = DECLINED")).Single().Id, Is.EqualTo(declined));
        Assert.That(await ListAsync($"epoch = \"{journal.EpochText}\" AND settlement = \"\""), Has.Count.EqualTo(6));
        Assert.That(await ListAsync("kind = REFUND"), Is.Empty);
    }

    [TestCase("epoch = nonsense")]
    [TestCase("outcome = GREEN")]
    [TestCase("colour = red")]
    public async Task Faulty_filter_is_refused(string filter)
    {
        Assert.That((await World.Ledger.SummarizeAsync(null, filter, CancellationToken.None)).Refusal?.Subject, Is.EqualTo("filter"));
        Assert.That((await World.Ledger.ListTransactionsAsync(null, new ListQuery(0, string.Empty, filter), CancellationToken.None)).Refusal?.Subject, Is.EqualTo("filter"));
    }

    [Test]
    public async Task Missing_transaction_is_refused_by_name() => Assert.That(
        (await World.Ledger.GetTransactionAsync(TerminalId.Parse("lane1"), "t1", CancellationToken.None)).Refusal?.Subject,
        Is.EqualTo("terminals/lane1/transactions/t1"));

    private async Task<TransactionView> GetAsync(ScriptedJournal journal, string id) =>
        StorageWorld.Accepted(await World.Ledger.GetTransactionAsync(journal.Terminal, id, CancellationToken.None));

    private async Task<TransactionSummary> SummarizeAsync(string filter) =>
        StorageWorld.Accepted(await World.Ledger.SummarizeAsync(TerminalId.Parse("lane1"), filter, CancellationToken.None));

    private async Task<IReadOnlyList<TransactionView>> ListAsync(string filter) => StorageWorld.Accepted(
        await World.Ledger.ListTransactionsAsync(TerminalId.Parse("lane1"), new ListQuery(0, string.Empty, filter), CancellationToken.None)).Items;
}
