using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;

namespace Fleet.Agent.Tests.Till;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class SaleTests
{
    [Test]
    public async Task Approved_sale_is_written_before_and_after_and_everybody_agrees()
    {
        await using var lane = await LaneWorld.StartAsync();
        var payment = await lane.SellAsync(1234);

        var entries = lane.Journal.Entries;
        var intent = entries.Single(static e => e.BodyCase == JournalEntry.BodyOneofCase.Intent);
        var transaction = entries.Single(static e => e.BodyCase == JournalEntry.BodyOneofCase.Transaction);
        Assert.Multiple(() =>
        {
            Assert.That(payment.Outcome, Is.EqualTo(TillOutcome.Approved));
            Assert.That(intent.Sequence, Is.LessThan(transaction.Sequence));
            Assert.That(intent.Intent.Requested, Is.EqualTo(new Money { MinorUnits = 1234, Currency = "EUR" }));
            Assert.That(transaction.Transaction.TransactionId, Is.EqualTo(intent.Intent.TransactionId));
            Assert.That(transaction.Transaction.Outcome, Is.EqualTo(TransactionOutcome.Approved));
            Assert.That(transaction.Transaction.Evidence, Is.EqualTo(Transaction.Types.Evidence.Dialogue));
            Assert.That(transaction.Transaction.Tid, Is.EqualTo(LaneWorld.Tid));
            Assert.That(transaction.Transaction.MaskedPan, Does.Match(@"^\d{6}\*+\d{4}$"));
            Assert.That(transaction.Transaction.ReceiptNumber, Is.EqualTo((uint)payment.ReceiptNumber!));
        });
        lane.AssertAgreement();
    }

    [Test]
    public async Task Declined_sale_is_written_as_declined_and_counts_nothing()
    {
        await using var lane = await LaneWorld.StartAsync();
        lane.Terminal.Faults.DeclineNext(1, 5);
        var payment = await lane.SellAsync(1234);

        var transaction = Transactions(lane).Single();
        Assert.Multiple(() =>
        {
            Assert.That(payment.Outcome, Is.EqualTo(TillOutcome.Declined));
            Assert.That((transaction.Outcome, transaction.ResultCode), Is.EqualTo((TransactionOutcome.Declined, 5u)));
        });
        lane.AssertAgreement();
    }

    [Test]
    public async Task Reversal_and_refund_subtract()
    {
        await using var lane = await LaneWorld.StartAsync();
        var sale = await lane.SellAsync(1234);
        await lane.SellAsync(5000);
        await lane.Till.ReverseAsync(sale, CancellationToken.None, CancellationToken.None);
        await lane.Till.RefundAsync(1000, CancellationToken.None, CancellationToken.None);

        var batch = lane.Agent!.Capture.Snapshot.Batch.Of("EUR");
        Assert.That((batch.Count, batch.SumMinor), Is.EqualTo((4u, 4000L)));
        Assert.That(Transactions(lane).Select(static t => t.Kind), Is.EqualTo(new[] { PaymentKind.Sale, PaymentKind.Sale, PaymentKind.Reversal, PaymentKind.Refund }));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Intent_that_cannot_be_stored_never_reaches_the_terminal()
    {
        await using var lane = await LaneWorld.StartAsync();
        lane.Journal.Fails = static write => write.Bodies.Any(static b => b.Intent is not null);
        var payment = await lane.SellAsync(1234);

        Assert.That((payment.Outcome, payment.ResultCode), Is.EqualTo((TillOutcome.Declined, (byte?)0xB2)));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Approval_that_cannot_be_stored_is_taken_back_by_the_terminal()
    {
        await using var lane = await LaneWorld.StartAsync();
        lane.Journal.Fails = static write => write.Bodies.Count == 0 && write.State.Any(static s => s.Key.StartsWith("capture/open", StringComparison.Ordinal));
        var payment = await lane.SellAsync(1234);

        lane.Journal.Fails = static _ => false;
        await lane.ReadyAsync();
        Assert.That(payment.Outcome, Is.EqualTo(TillOutcome.Declined));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Outcome_that_cannot_be_stored_is_not_told_and_found_out_later()
    {
        await using var lane = await LaneWorld.StartAsync();
        var failures = 1;
        lane.Journal.Fails = write => write.Bodies.Any(static b => b.Transaction is not null) && failures-- > 0;
        var payment = await lane.SellAsync(1234);

        await lane.ReadyAsync();
        var transaction = Transactions(lane)[^1];
        Assert.Multiple(() =>
        {
            Assert.That(payment.Outcome, Is.EqualTo(TillOutcome.Approved), "found by its receipt");
            Assert.That((transaction.Outcome, transaction.Evidence), Is.EqualTo((TransactionOutcome.Approved, Transaction.Types.Evidence.RepeatReceipt)));
        });
        lane.AssertAgreement();
    }

    [Test]
    public async Task Amount_above_the_cap_is_refused()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.AmountCaps["EUR"] = 5000);
        var above = await lane.SellAsync(5001);
        var below = await lane.SellAsync(5000);
        Assert.That((above.ResultCode, below.Outcome), Is.EqualTo(((byte?)0xC3, TillOutcome.Approved)));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Terminals_that_is_out_of_reach_is_told_to_the_till_and_nothing_is_intended()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(100);
        await lane.Terminal.UnplugAsync();
        await Testing.Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == Agent.Terminal.LineState.CableOut, "the cable is seen to be out");
        var payment = await lane.SellAsync(1234);

        Assert.That((payment.Outcome, payment.ResultCode), Is.EqualTo((TillOutcome.Declined, (byte?)0xA1)));
        Assert.That(lane.Journal.Entries.Count(static e => e.Intent is not null), Is.EqualTo(1));
        lane.Terminal.Replug();
        await lane.ReadyAsync();
        Assert.That((await lane.SellAsync(200)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    private static List<Transaction> Transactions(LaneWorld lane) => [.. lane.Journal.Entries.Where(static e => e.Transaction is not null).Select(static e => e.Transaction)];
}
