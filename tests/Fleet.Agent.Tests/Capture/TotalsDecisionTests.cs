using Fleet.Agent.Capture;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Capture;

[TestFixture]
internal sealed class TotalsDecisionTests
{
    private static readonly CaptureSnapshot OneOpen = new()
    {
        Open = [Payment(PaymentKind.Sale, 500)],
        Batch = new BatchCounters().With("EUR", 1000).With("EUR", 200),
    };

    [Test]
    public void Equal_totals_say_that_it_is_not_booked() =>
        Assert.That(TotalsDecision.Of(OneOpen, Totals(2, 1200), "EUR")!.Outcome, Is.EqualTo(TransactionOutcome.Aborted));

    [Test]
    public void One_record_more_of_its_amount_says_that_it_is_booked()
    {
        var decided = TotalsDecision.Of(OneOpen, Totals(3, 1700), "EUR")!;
        Assert.Multiple(() =>
        {
            Assert.That(decided.Outcome, Is.EqualTo(TransactionOutcome.Approved));
            Assert.That(decided.Evidence, Is.EqualTo(Transaction.Types.Evidence.Totals));
            Assert.That(decided.Amount.MinorUnits, Is.EqualTo(500));
        });
    }

    [Test]
    public void Refund_subtracts()
    {
        var refund = OneOpen with { Open = [Payment(PaymentKind.Refund, 500)] };
        Assert.That(TotalsDecision.Of(refund, Totals(3, 700), "EUR")!.Outcome, Is.EqualTo(TransactionOutcome.Approved));
        Assert.That(TotalsDecision.Of(refund, Totals(3, 1700), "EUR"), Is.Null);
    }

    [TestCase(3, 1701)]
    [TestCase(4, 1700)]
    [TestCase(1, 1200)]
    public void Anything_else_is_not_guessed_at(int count, long sum) => Assert.That(TotalsDecision.Of(OneOpen, Totals((uint)count, sum), "EUR"), Is.Null);

    [Test]
    public void Two_open_payments_are_not_guessed_at()
    {
        var two = OneOpen with { Open = [Payment(PaymentKind.Sale, 500), Payment(PaymentKind.Sale, 500)] };
        Assert.That(TotalsDecision.Of(two, Totals(3, 1700), "EUR"), Is.Null);
    }

    [Test]
    public void Terminal_without_totals_decides_nothing() => Assert.That(TotalsDecision.Of(OneOpen, null, "EUR"), Is.Null);

    private static CapturedTotals Totals(uint count, long sum) => new() { Count = count, SumMinor = sum, Currency = "EUR" };

    private static OpenPayment Payment(PaymentKind kind, long amount) => new()
    {
        TransactionId = Guid.NewGuid().ToString(),
        Request = new PaymentRequest(kind, amount, "EUR", 0),
        Before = LastKnown.Unasked,
    };
}
