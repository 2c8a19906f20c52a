using Fleet.Cli.Terminals;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using static Fleet.V1.TerminalHealth.Types;
using Enum = System.Enum;

namespace Fleet.Cli.Tests.Terminals;

public sealed class HealthTextTests
{
    [Test]
    public void Terminal_that_never_told_shows_nothing() => Assert.That(
        HealthText.Line(null) + HealthText.Device(null) + HealthText.Computer(null) + HealthText.Waiting(null), Is.Empty);

    [Test]
    public void Each_state_of_the_line_has_words_of_its_own()
    {
        var words = Enum.GetValues<Line>().Select(static l => HealthText.Line(new TerminalHealth { Line = l, TerminalStatus = 0xDC })).ToList();

        Assert.That(words, Is.Unique);
        Assert.That(words, Has.Member("cable out").And.Member("terminal busy, status DC").And.Member("another device answers"));
    }

    [Test]
    public void What_is_wrong_is_said_loud_and_what_is_untold_is_not_said()
    {
        var health = new TerminalHealth
        {
            Printer = Part.Bad,
            Battery = Part.Good,
            TerminalProfile = "ccv",
            Gate = Gate.Disabled,
            Server = TerminalHealth.Types.Server.Refusing,
            Storage = Storage.Failing,
            DiskFreeBytes = 5 * 1024 * 1024,
            ClockOffset = Duration.FromTimeSpan(TimeSpan.FromSeconds(-3)),
            CertificateExpireTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2027, 1, 2, 0, 0, 0, TimeSpan.Zero)),
        };

        Assert.That(HealthText.Device(health), Is.EqualTo("PRINTER, battery ok, profile ccv"));
        Assert.That(
            HealthText.Computer(health),
            Is.EqualTo("no payments: disabled, server refused it then, DISK FAILS: no new payments, 5 MB free, clock -3.0 s off, certificate until 2027-01-02"));
        Assert.That(HealthText.Device(new TerminalHealth { Tamper = Part.Bad }), Is.EqualTo("OPENED"));
    }

    [Test]
    public void Money_that_only_the_shop_has_is_told_by_currency_and_age()
    {
        var health = new TerminalHealth
        {
            UnsentPayments = 3,
            UnsentAmounts = { new Money { MinorUnits = 1234, Currency = "EUR" }, new Money { MinorUnits = 500, Currency = "CHF" } },
            OldestUnsent = Duration.FromTimeSpan(new TimeSpan(2, 3, 4, 5)),
        };

        Assert.That(HealthText.Waiting(health), Is.EqualTo("3 payments, 12.34 EUR, 5.00 CHF, oldest 2 d 3 h"));
        Assert.That(HealthText.Waiting(new TerminalHealth()), Is.Empty);
    }
}
