using Fleet.Contracts;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using FsCheck;
using FsCheck.Fluent;

namespace Fleet.Server.Domain.Tests.Settlement;

public sealed class ReconciliationTests
{
    private static readonly Tally Three = Eur(3, 12345);

    [Test]
    public void Equal_counters_balance()
    {
        var result = Reconciliation.Compare(Three, Three, Ledger(Three), Three, AcquirerPolicy.Required);

        Assert.That(result, Is.EqualTo(new ComparisonResult(SettlementState.Balanced, string.Empty, string.Empty)));
    }

    [Test]
    public void Three_equal_counters_balance_without_an_acquirer_and_say_so()
    {
        var result = Reconciliation.Compare(Three, Three, Ledger(Three), null, AcquirerPolicy.NotConnected);

        Assert.That(result, Is.EqualTo(new ComparisonResult(SettlementState.Balanced, string.Empty, Reconciliation.WithoutAcquirer)));
    }

    [Test]
    public void Batch_stays_open_while_a_required_acquirer_is_silent()
    {
        var result = Reconciliation.Compare(Three, Three, Ledger(Three), null, AcquirerPolicy.Required);

        Assert.That((result.State, result.Code), Is.EqualTo((SettlementState.Open, ReasonCodes.AcquirerTotalsMissing)));
    }

    [Test]
    public void Difference_is_told_even_while_the_acquirer_is_silent()
    {
        var result = Reconciliation.Compare(Three, Eur(2, 12000), Ledger(Three), null, AcquirerPolicy.Required);

        Assert.That((result.State, result.Code), Is.EqualTo((SettlementState.Different, ReasonCodes.CountersDiffer)));
        Assert.That(result.Text, Is.EqualTo("terminal 3 x = 12345 EUR (minor units), journal 2 x = 12000 EUR (minor units)"));
    }

    [TestCase(3, 12344)]
    [TestCase(2, 12345)]
    [TestCase(4, 12345)]
    public void One_cent_or_one_transaction_is_a_difference(int count, long minor)
    {
        var other = Eur(count, minor);

        Assert.Multiple(() =>
        {
            Assert.That(Reconciliation.Compare(other, Three, Ledger(Three), Three, AcquirerPolicy.Required).State, Is.EqualTo(SettlementState.Different));
            Assert.That(Reconciliation.Compare(Three, other, Ledger(Three), Three, AcquirerPolicy.Required).State, Is.EqualTo(SettlementState.Different));
            Assert.That(Reconciliation.Compare(Three, Three, Ledger(other), Three, AcquirerPolicy.Required).State, Is.EqualTo(SettlementState.Different));
            Assert.That(Reconciliation.Compare(Three, Three, Ledger(Three), other, AcquirerPolicy.Required).State, Is.EqualTo(SettlementState.Different));
            Assert.That(Reconciliation.Compare(Three, Three, Ledger(Three), other, AcquirerPolicy.NotConnected).State, Is.EqualTo(SettlementState.Different));
        });
    }

    [Test]
    public void Same_number_in_another_currency_is_a_difference()
    {
        var swiss = new Tally(3, new Money(12345, "CHF"));

        Assert.That(Reconciliation.Compare(Three, Three, Ledger(swiss), null, AcquirerPolicy.NotConnected).Code, Is.EqualTo(ReasonCodes.CountersDiffer));
    }

    [Test]
    public void Ledger_of_several_currencies_never_balances()
    {
        var ledger = new LedgerCount([Three, new Tally(1, new Money(100, "CHF"))], 0, 0);

        var result = Reconciliation.Compare(Three, Three, ledger, null, AcquirerPolicy.NotConnected);

        Assert.That(result.Code, Is.EqualTo(ReasonCodes.CountersDiffer));
        Assert.That(result.Text, Does.Contain("several currencies"));
    }

    [TestCase(1, 0, "1 transaction(s) of the batch without a known outcome")]
    [TestCase(0, 2, "2 earlier transaction(s) that no settlement covers")]
    public void Unknown_or_uncovered_money_never_balances(int unknown, int uncovered, string text)
    {
        var result = Reconciliation.Compare(Three, Three, new LedgerCount([Three], unknown, uncovered), Three, AcquirerPolicy.Required);

        Assert.That(result, Is.EqualTo(new ComparisonResult(SettlementState.Different, ReasonCodes.UnknownTransactions, text)));
    }

    [Test]
    public void Empty_batch_balances_whatever_currency_is_named()
    {
        var result = Reconciliation.Compare(Eur(0, 0), Tally.Empty, new LedgerCount([], 0, 0), Tally.Empty, AcquirerPolicy.Required);

        Assert.That(result.State, Is.EqualTo(SettlementState.Balanced));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Balanced_means_that_all_say_the_same_and_nothing_is_unknown()
    {
        var tally = Gen.Elements(Eur(0, 0), Eur(1, 5), Eur(1, 6), Eur(2, 5), new Tally(1, new Money(5, "CHF")));
        var few = Gen.Frequency((5, Gen.Constant(0L)), (1, Gen.Constant(1L)));
        var cases =
            from t in tally
            from j in Gen.Frequency((3, Gen.Constant(t)), (1, tally))
            from l in Gen.Frequency((3, Gen.Constant(t)), (1, tally))
            from a in Gen.Frequency((3, Gen.Constant<Tally?>(t)), (1, tally.Select(static x => (Tally?)x)), (1, Gen.Constant<Tally?>(null)))
            from u in few
            from v in few
            from p in Gen.Elements(AcquirerPolicy.Required, AcquirerPolicy.NotConnected)
            select (t, j, l, a, u, v, p);
        return Prop.ForAll(cases.ToArbitrary(), static c =>
        {
            var same = c.t.Agrees(c.j) && c.t.Agrees(c.l) && (c.a is null ? c.p == AcquirerPolicy.NotConnected : c.t.Agrees(c.a));
            var result = Reconciliation.Compare(c.t, c.j, new LedgerCount([c.l], c.u, c.v), c.a, c.p);
            return (result.State == SettlementState.Balanced) == (same && c.u == 0 && c.v == 0);
        });
    }

    private static Tally Eur(long count, long minor) => new(count, new Money(minor, "EUR"));

    private static LedgerCount Ledger(Tally tally) => new([tally], 0, 0);
}
