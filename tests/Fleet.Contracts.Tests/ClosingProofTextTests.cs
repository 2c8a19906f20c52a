using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class ClosingProofTextTests
{
    [TestCase(12345, "EUR", "123.45 EUR")]
    [TestCase(-5, "EUR", "-0.05 EUR")]
    [TestCase(0, "EUR", "0.00 EUR")]
    [TestCase(12345, "JPY", "12345 JPY")]
    [TestCase(12345, "KWD", "12.345 KWD")]
    [TestCase(0, "", "0")]
    [TestCase(long.MinValue, "EUR", "-92233720368547758.08 EUR")]
    public void Amount_has_the_decimals_of_its_currency(long minorUnits, string currency, string expected)
    {
        Assert.That(MoneyText.Format(minorUnits, currency), Is.EqualTo(expected));
    }

    [Test]
    public void Proof_tells_every_counter_and_says_which_one_is_missing()
    {
        var proof = new ClosingProof
        {
            ProofId = "p1",
            TerminalId = "lane1",
            Tid = "12345678",
            CommandId = "c1",
            Kind = CommandKind.SettleAndLock,
            SettlementId = "s1",
            Counters = new FourCounters { Terminal = Count(3, 1999), Journal = Count(3, 1999), Ledger = Count(2, 999) },
            Epoch = ByteString.CopyFrom(0xAB, 0xCD),
            SettlementSequence = 41,
            FinalSequence = 44,
            LockedUnixMicros = 1_773_491_696_000_000,
            Enforcement = EnforcementLevel.Gate,
        };

        var text = ClosingProofText.Write(proof);

        Assert.Multiple(() =>
        {
            Assert.That(text, Does.Contain("Terminal counted  3 transactions, 19.99 EUR"));
            Assert.That(text, Does.Contain("Ledger counted    2 transactions, 9.99 EUR"));
            Assert.That(text, Does.Contain("Acquirer counted  not reported"));
            Assert.That(text, Does.Contain("lane1 (TID 12345678)"));
            Assert.That(text, Does.Contain("2026-03-14T12:34:56.000Z"));
            Assert.That(text, Does.Contain("abcd").And.Contain("SETTLE_AND_LOCK c1"));
        });
    }

    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    [TestCase(253_402_300_800_000_000)]
    public void Time_that_is_none_is_said_and_not_thrown(long micros)
    {
        Assert.That(ClosingProofText.Write(new ClosingProof { LockedUnixMicros = micros }), Does.Contain("no time"));
    }

    private static Counter Count(uint count, long minorUnits) =>
        new() { Count = count, Sum = new Money { MinorUnits = minorUnits, Currency = "EUR" } };
}
