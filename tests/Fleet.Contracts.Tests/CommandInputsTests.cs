using Fleet.Contracts.Link.V1;

namespace Fleet.Contracts.Tests;

[TestFixture]
internal sealed class CommandInputsTests
{
    private static readonly CommandParameters Refund = new() { PaymentMethods = { PaymentMethods.Refund } };

    private static IEnumerable<TestCaseData> Faulty()
    {
        yield return new(CommandKind.DisablePaymentMethod, null, "parameters.payment_methods");
        yield return new(CommandKind.DisablePaymentMethod, new CommandParameters { PaymentMethods = { "cash" } }, "parameters.payment_methods");
        yield return new(CommandKind.Disable, Refund, "parameters.payment_methods");
        yield return new(CommandKind.SetLimits, null, "parameters.limits");
        yield return new(CommandKind.Retire, new CommandParameters { Limits = new PaymentLimits() }, "parameters.limits");
        yield return new(CommandKind.SetLimits, Cap(-1, "EUR"), "parameters.limits.amount_caps");
        yield return new(CommandKind.SetLimits, Cap(1, "eur"), "parameters.limits.amount_caps");
        yield return new(CommandKind.SetLimits, Cap(1, "EUR", "EUR"), "parameters.limits.amount_caps");
        yield return new(CommandKind.SetLimits, new CommandParameters { Limits = new PaymentLimits { OfflineAgeSeconds = ulong.MaxValue } }, "parameters.limits.offline_age_seconds");
        yield return new(CommandKind.ApplyConfiguration, Setting("", "x"), "parameters.configuration");
        yield return new(CommandKind.ApplyConfiguration, Setting("a", new string('x', 501)), "parameters.configuration");
        yield return new(CommandKind.Enable, Setting("till.language", "de"), "parameters.configuration");
        yield return new(CommandKind.DisplayMessage, null, "message");
    }

    [TestCaseSource(nameof(Faulty))]
    public void What_makes_no_sense_is_told_by_its_field(CommandKind kind, CommandParameters? parameters, string field) =>
        Assert.That(CommandInputs.Check(kind, parameters, string.Empty)?.Field, Is.EqualTo(field));

    [Test]
    public void What_makes_sense_passes()
    {
        Assert.That(CommandInputs.Check(CommandKind.DisablePaymentMethod, Refund, string.Empty), Is.Null);
        Assert.That(CommandInputs.Check(CommandKind.SetLimits, Cap(5000, "EUR", "CHF"), string.Empty), Is.Null);
        Assert.That(CommandInputs.Check(CommandKind.SetLimits, new CommandParameters { Limits = new PaymentLimits() }, string.Empty), Is.Null, "lifts them all");
        Assert.That(CommandInputs.Check(CommandKind.ApplyConfiguration, null, string.Empty), Is.Null, "takes them all back");
        Assert.That(CommandInputs.Check(CommandKind.DisplayMessage, null, "Closed"), Is.Null);
        Assert.That(CommandInputs.Check(CommandKind.Disable, null, string.Empty), Is.Null);
    }

    [Test]
    public void Too_much_is_refused()
    {
        var many = new CommandParameters();
        many.Configuration.AddRange(Enumerable.Range(0, 51).Select(static i => new ConfigurationSetting { Key = $"k{i}", Value = "v" }));

        Assert.That(CommandInputs.Check(CommandKind.ApplyConfiguration, many, string.Empty)?.Field, Is.EqualTo("parameters.configuration"));
    }

    [TestCase("500.00EUR", 50000, "EUR")]
    [TestCase("0.05 EUR", 5, "EUR")]
    [TestCase("500JPY", 500, "JPY")]
    [TestCase("1.250 KWD", 1250, "KWD")]
    public void Amount_with_the_decimals_of_its_currency_is_read(string text, long minorUnits, string currency)
    {
        Assert.That(MoneyText.TryParse(text, out var read, out var letters), Is.True);
        Assert.That((read, letters), Is.EqualTo((minorUnits, currency)));
    }

    [TestCase("500EUR")]
    [TestCase("500.0EUR")]
    [TestCase("500.00JPY")]
    [TestCase("-5.00EUR")]
    [TestCase("5.00eur")]
    [TestCase("EUR")]
    [TestCase("")]
    [TestCase("1,00EUR")]
    public void Amount_that_could_be_wrong_by_a_hundred_is_refused(string text) => Assert.That(MoneyText.TryParse(text, out _, out _), Is.False);

    private static CommandParameters Cap(long minorUnits, params string[] currencies) => new()
    {
        Limits = new PaymentLimits { AmountCaps = { currencies.Select(c => new Money { MinorUnits = minorUnits, Currency = c }) } },
    };

    private static CommandParameters Setting(string key, string value) => new() { Configuration = { new ConfigurationSetting { Key = key, Value = value } } };
}
