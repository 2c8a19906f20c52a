namespace Fleet.Zvt.Tests.Money;

public sealed class IsoCurrencyTests
{
    [TestCase(978, "EUR", 2)]
    [TestCase(756, "CHF", 2)]
    [TestCase(36, "AUD", 2)]
    [TestCase(392, "JPY", 0)]
    [TestCase(414, "KWD", 3)]
    public void Codes_lead_to_each_other(int numeric, string alpha, int digits)
    {
        Assert.That(IsoCurrency.Find(numeric), Is.EqualTo(new IsoCurrency(numeric, alpha, digits)));
        Assert.That(IsoCurrency.Find(alpha)?.Numeric, Is.EqualTo(numeric));
    }

    [Test]
    public void Table_is_well_formed()
    {
        Assert.That(IsoCurrency.All.Select(static c => c.Numeric), Is.Unique);
        Assert.That(IsoCurrency.All, Has.All.Matches<IsoCurrency>(static c => c.Alpha.All(char.IsAsciiLetterUpper) && c.Numeric is > 0 and < 1000));
        Assert.That(IsoCurrency.Find(1), Is.Null);
        Assert.That(IsoCurrency.Find("XXX"), Is.Null);
    }

    [TestCase(1234, "EUR", "12.34 EUR")]
    [TestCase(5, "EUR", "0.05 EUR")]
    [TestCase(-1234, "EUR", "-12.34 EUR")]
    [TestCase(1234, "JPY", "1234 JPY")]
    [TestCase(1234, "KWD", "1.234 KWD")]
    public void Amount_is_shown_with_the_digits_of_its_currency(long amount, string alpha, string text) =>
        Assert.That(IsoCurrency.Find(alpha)!.Format(amount), Is.EqualTo(text));
}
