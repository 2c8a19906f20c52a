namespace Fleet.Zvt.Tests.Recovery;

public sealed class RecoveryTests
{
    private static readonly DateTime Start = new(2026, 3, 14, 12, 34, 0, DateTimeKind.Unspecified);
    private static readonly LostIntent Intent = new(1234, 29001234, Start, new LastKnown(40, 6, 6));

    private static readonly StatusInformation Sale = new()
    {
        ResultCode = 0,
        Amount = 1234,
        TraceNumber = 41,
        ReceiptNumber = 7,
        Time = new TimeOnly(12, 34, 56),
        Date = new ZvtDate(3, 14),
        TerminalId = 29001234,
    };

    private static IEnumerable<TestCaseData> Rows()
    {
        yield return Row("newer, equal, in time", Sale, RecoveryVerdict.Booked);
        yield return Row("only the receipt is known, newer", Sale with { TraceNumber = null }, RecoveryVerdict.Booked);
        yield return Row("no time and no terminal id", Sale with { Time = null, TerminalId = null }, RecoveryVerdict.Booked);
        yield return Row("same numbers as before", Sale with { TraceNumber = 40, ReceiptNumber = 6 }, RecoveryVerdict.NotBooked);
        yield return Row("a reversal", Sale with { OriginalTraceNumber = 41, TraceNumber = 42 }, RecoveryVerdict.Reversed);
        yield return Row("newer, declined", Sale with { ResultCode = 0x05 }, RecoveryVerdict.NotBooked);
        yield return Row("newer, declined, of another amount", Sale with { ResultCode = 0x05, Amount = 1 }, RecoveryVerdict.Foreign);
        yield return Row("other amount", Sale with { Amount = 1235 }, RecoveryVerdict.Foreign);
        yield return Row("other terminal", Sale with { TerminalId = 1 }, RecoveryVerdict.Foreign);
        yield return Row("long before the intent", Sale with { Time = new TimeOnly(9, 0) }, RecoveryVerdict.Foreign);
        yield return Row("clock a little behind", Sale with { Time = new TimeOnly(12, 30) }, RecoveryVerdict.Booked);
        yield return Row("older numbers", Sale with { TraceNumber = 12, ReceiptNumber = 3 }, RecoveryVerdict.CannotTell);
        yield return Row("no numbers", Sale with { TraceNumber = null, ReceiptNumber = null }, RecoveryVerdict.CannotTell);
        yield return Row("no amount", Sale with { Amount = null }, RecoveryVerdict.CannotTell);
        yield return Row("nothing stored", null, RecoveryVerdict.CannotTell);
    }

    [TestCaseSource(nameof(Rows))]
    public void Answer_of_the_terminal_has_one_verdict(StatusInformation? repeated, RecoveryVerdict verdict) =>
        Assert.That(Zvt.Recovery.Judge(Intent, repeated), Is.EqualTo(verdict));

    [Test]
    public void Unknown_terminal_cannot_be_judged() =>
        Assert.That(Zvt.Recovery.Judge(Intent with { Before = null }, Sale), Is.EqualTo(RecoveryVerdict.CannotTell));

    [Test]
    public void Counters_may_wrap()
    {
        var intent = Intent with { Before = new LastKnown(999_999, 9999, null) };
        Assert.That(Zvt.Recovery.Judge(intent, Sale with { TraceNumber = 1, ReceiptNumber = 1 }), Is.EqualTo(RecoveryVerdict.Booked));
    }

    [Test]
    public void New_year_does_not_make_a_sale_old()
    {
        var intent = Intent with { StartedAt = new DateTime(2026, 12, 31, 23, 59, 50, DateTimeKind.Unspecified) };
        Assert.That(Zvt.Recovery.Judge(intent, Sale with { Date = new ZvtDate(1, 1), Time = new TimeOnly(0, 0, 10) }), Is.EqualTo(RecoveryVerdict.Booked));
    }

    private static TestCaseData Row(string name, StatusInformation? repeated, RecoveryVerdict verdict) => new TestCaseData(repeated, verdict).SetArgDisplayNames(name);
}
