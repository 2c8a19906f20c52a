using Fleet.Agent.Capture;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Capture;

public sealed class TraceGapTests
{
    [TestCase(10u, 0u, 11u, false)]
    [TestCase(10u, 0u, 12u, true)]
    [TestCase(10u, 1u, 13u, false, Description = "a decline and its reversal may have used two")]
    [TestCase(10u, 1u, 14u, true)]
    [TestCase(10u, 0u, 10u, false)]
    [TestCase(999999u, 0u, 1u, false, Description = "the numbers begin again")]
    [TestCase(0u, 0u, 5u, false, Description = "nothing is known of the terminal")]
    public void Number_that_nothing_here_explains_is_alarmed(uint last, uint spent, uint trace, bool alarmed)
    {
        var approved = new Transaction { Outcome = TransactionOutcome.Approved, TraceNumber = trace };

        Assert.That(TraceGap.Find(new LastKnown(last, 0, 0), spent, approved)?.Alarm.Code, Is.EqualTo(alarmed ? ReasonCodes.TraceGap : null));
    }

    [Test]
    public void Terminal_that_tells_receipts_is_judged_by_them() => Assert.That(
        TraceGap.Find(new LastKnown(1, 1, 0), 0, new Transaction { Outcome = TransactionOutcome.Approved, TraceNumber = 99, ReceiptNumber = 2 }), Is.Null);

    [Test]
    public void Payment_that_was_not_approved_says_nothing() =>
        Assert.That(TraceGap.Find(new LastKnown(1, 0, 0), 0, new Transaction { Outcome = TransactionOutcome.Declined, TraceNumber = 99 }), Is.Null);
}
