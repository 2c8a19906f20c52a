using Fleet.Agent.Capture;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Agent.Tests.Capture;

[TestFixture]
internal sealed class RecoveryRuleTests
{
    private static readonly Agent.Capture.LastKnown Before = new(41, 7, 7);

    [Test]
    public void Newer_record_of_the_same_amount_is_booked() => Assert.That(Judge(Sale(1234), Record(42, 8, 1234)), Is.EqualTo(RecoveryVerdict.Booked));

    [Test]
    public void Record_known_before_is_not_booked() => Assert.That(Judge(Sale(1234), Record(41, 7, 1234)), Is.EqualTo(RecoveryVerdict.NotBooked));

    [Test]
    public void Newer_record_of_another_amount_is_foreign() => Assert.That(Judge(Sale(1234), Record(42, 8, 999)), Is.EqualTo(RecoveryVerdict.Foreign));

    [Test]
    public void Newer_reversal_is_an_automatic_one() =>
        Assert.That(Judge(Sale(1234), Record(43, 9, 1234) with { OriginalTraceNumber = 42 }), Is.EqualTo(RecoveryVerdict.Reversed));

    [Test]
    public void Reversal_that_was_asked_for_is_booked_by_a_reversal_record_of_any_amount()
    {
        var reversal = Sale(0) with { Request = new PaymentRequest(PaymentKind.Reversal, null, "EUR", 7) };
        Assert.That(Judge(reversal, Record(42, 8, 1234) with { OriginalTraceNumber = 41 }), Is.EqualTo(RecoveryVerdict.Booked));
        Assert.That(Judge(reversal, Record(41, 7, 1234)), Is.EqualTo(RecoveryVerdict.NotBooked));
    }

    [Test]
    public void Terminal_without_any_receipt_before_and_after_has_booked_nothing()
    {
        var first = Sale(1234) with { Before = new Agent.Capture.LastKnown(0, 0, 0) };
        Assert.Multiple(() =>
        {
            Assert.That(Judge(first, null), Is.EqualTo(RecoveryVerdict.NotBooked));
            Assert.That(Judge(first, Record(1, 1, 1234)), Is.EqualTo(RecoveryVerdict.Booked));
        });
    }

    [Test]
    public void Terminal_that_was_never_asked_before_cannot_tell()
    {
        var first = Sale(1234) with { Before = Agent.Capture.LastKnown.Unasked };
        Assert.Multiple(() =>
        {
            Assert.That(Judge(first, null), Is.EqualTo(RecoveryVerdict.CannotTell));
            Assert.That(Judge(first, Record(1, 1, 1234)), Is.EqualTo(RecoveryVerdict.CannotTell));
        });
    }

    [Test]
    public void Terminal_that_has_lost_its_receipt_cannot_tell() => Assert.That(Judge(Sale(1234), null), Is.EqualTo(RecoveryVerdict.CannotTell));

    private static RecoveryVerdict Judge(OpenPayment payment, StatusInformation? repeated) => RecoveryRule.Judge(
        payment, new RepeatedReceipt(repeated is null ? EcrOutcomeKind.Aborted : EcrOutcomeKind.Completed, repeated), TimeZoneInfo.Utc);

    private static OpenPayment Sale(long amount) => new()
    {
        TransactionId = "t1",
        Request = new PaymentRequest(PaymentKind.Sale, amount, "EUR", 0),
        Before = Before,
        StartedUnixMicros = (TestClock.Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
    };

    private static StatusInformation Record(int trace, int receipt, long amount) => new()
    {
        ResultCode = 0,
        Amount = amount,
        TraceNumber = trace,
        ReceiptNumber = receipt,
        TurnoverNumber = receipt,
        Time = TimeOnly.FromDateTime(TestClock.Start.DateTime.AddSeconds(20)),
        Date = new ZvtDate(TestClock.Start.Month, TestClock.Start.Day),
    };
}
