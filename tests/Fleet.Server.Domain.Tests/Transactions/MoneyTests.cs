using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Transactions;
using LinkMoney = Fleet.Contracts.Link.V1.Money;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Domain.Tests.Transactions;

public sealed class MoneyTests
{
    [TestCase(PaymentKind.Sale, 1)]
    [TestCase(PaymentKind.Reversal, -1)]
    [TestCase(PaymentKind.Refund, -1)]
    [TestCase(PaymentKind.PreAuthorisation, 0)]
    public void Kind_tells_the_direction(PaymentKind kind, int sign) => Assert.That(PaymentDirection.Sign(kind), Is.EqualTo(sign));

    [TestCase(PaymentKind.Unspecified)]
    [TestCase((PaymentKind)42)]
    public void Unknown_kind_has_no_direction(PaymentKind kind) => Assert.That(PaymentDirection.Sign(kind), Is.Null);

    [TestCase(0, "EUR", true)]
    [TestCase(999_999_999_999, "EUR", true)]
    [TestCase(1_000_000_000_000, "EUR", false)]
    [TestCase(-1, "EUR", false)]
    [TestCase(long.MinValue, "EUR", false)]
    [TestCase(1, "eur", false)]
    [TestCase(1, "EURO", false)]
    [TestCase(1, "", false)]
    public void Only_an_amount_that_a_terminal_can_tell_is_bookable(long minor, string currency, bool bookable) =>
        Assert.That(PaymentDirection.IsBookable(new LinkMoney { MinorUnits = minor, Currency = currency }), Is.EqualTo(bookable));

    [Test]
    public void Tallies_agree_on_count_sum_and_currency()
    {
        var tally = new Tally(2, new Money(300, "EUR"));

        Assert.Multiple(() =>
        {
            Assert.That(tally.Agrees(new Tally(2, new Money(300, "EUR"))), Is.True);
            Assert.That(tally.Agrees(new Tally(3, new Money(300, "EUR"))), Is.False);
            Assert.That(tally.Agrees(new Tally(2, new Money(301, "EUR"))), Is.False);
            Assert.That(tally.Agrees(new Tally(2, new Money(300, "CHF"))), Is.False);
            Assert.That(Tally.Empty.Agrees(new Tally(0, new Money(0, "CHF"))), Is.True);
        });
    }

    [Test]
    public void Transactions_that_cancel_out_still_have_a_currency() =>
        Assert.That(new Tally(2, new Money(0, "EUR")).Agrees(new Tally(2, new Money(0, "CHF"))), Is.False);

    [Test]
    public void Tally_is_readable()
    {
        Assert.That(new Tally(2, new Money(300, "EUR")).ToString(), Is.EqualTo("2 x = 300 EUR (minor units)"));
        Assert.That(Tally.Empty.ToString(), Is.EqualTo("0 x = 0 (no currency) (minor units)"));
    }
}
