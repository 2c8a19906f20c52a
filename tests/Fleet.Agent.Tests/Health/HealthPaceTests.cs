using Fleet.Agent.Health;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Line = Fleet.Contracts.Link.V1.HealthReport.Types.Link;

namespace Fleet.Agent.Tests.Health;

public sealed class HealthPaceTests
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(15);

    private readonly PaperLine _line = new();

    [Test]
    public void Loose_contact_for_two_weeks_fills_no_journal()
    {
        var clock = new TestClock();
        var pace = new HealthPace(new HealthOptions(), _line, clock);
        var written = 0;
        for (var at = TimeSpan.Zero; at < TimeSpan.FromDays(14); at += Shortest)
        {
            var report = new HealthReport { Link = (at / Shortest) % 2 < 1 ? Line.Ready : Line.CableOut };
            if (pace.IsDue(report))
            {
                pace.Written(report);
                written++;
            }

            clock.Advance(Shortest);
        }

        Assert.That(written, Is.InRange(14 * 24, 14 * 24 * 4 + 10), "at most one in a quarter of an hour, at least the heartbeat");
    }

    [Test]
    public void Change_after_a_quiet_time_is_told_at_once_again()
    {
        var clock = new TestClock();
        var pace = new HealthPace(new HealthOptions { Heartbeat = TimeSpan.Zero }, _line, clock);
        for (var i = 0; i < 40; i++)
        {
            Tell(pace, i % 2 == 0 ? Line.Ready : Line.CableOut);
            clock.Advance(Shortest);
        }

        Assert.That(pace.IsDue(Of(Line.TerminalSilent)), Is.False, "it flutters");
        clock.Advance(TimeSpan.FromHours(2));
        Assert.That(Tell(pace, Line.TerminalSilent), Is.True);
        clock.Advance(Shortest);
        Assert.That(Tell(pace, Line.Ready), Is.True, "the shortest interval is back");
    }

    [Test]
    public void What_grows_all_the_time_is_no_reason_for_an_entry()
    {
        var clock = new TestClock();
        var pace = new HealthPace(new HealthOptions(), _line, clock);
        Tell(pace, Line.Ready);
        clock.Advance(TimeSpan.FromMinutes(1));
        var busy = Of(Line.Ready);
        busy.UnsentEntries = 17;
        busy.UnsentPayments = 8;
        busy.UnsentAmounts.Add(new Money { MinorUnits = 1234, Currency = "EUR" });
        busy.OldestUnsentSeconds = 99;
        busy.DiskFreeBytes = 1;
        busy.ClockOffsetMillis = 119_000;

        Assert.That(pace.IsDue(busy), Is.False);
        busy.ClockOffsetMillis = -121_000;
        Assert.That(pace.IsDue(busy), Is.True, "a clock that is off is one");
    }

    [TestCase(nameof(HealthReport.Printer))]
    [TestCase(nameof(HealthReport.Battery))]
    [TestCase(nameof(HealthReport.Tamper))]
    [TestCase(nameof(HealthReport.Server))]
    [TestCase(nameof(HealthReport.Gate))]
    [TestCase(nameof(HealthReport.Storage))]
    [TestCase(nameof(HealthReport.TerminalStatus))]
    [TestCase(nameof(HealthReport.CertificateEndUnixSeconds))]
    public void Change_of_any_other_part_is_told(string field)
    {
        var clock = new TestClock();
        var pace = new HealthPace(new HealthOptions(), _line, clock);
        Tell(pace, Line.Ready);
        clock.Advance(Shortest);
        var changed = Of(Line.Ready);
        var property = typeof(HealthReport).GetProperty(field)!;
        property.SetValue(changed, property.PropertyType.IsEnum ? Enum.ToObject(property.PropertyType, 2) : Convert.ChangeType(2, property.PropertyType, System.Globalization.CultureInfo.InvariantCulture));

        Assert.That(pace.IsDue(changed), Is.True);
    }

    [Test]
    public void Till_that_is_served_comes_first_but_not_for_ever()
    {
        var clock = new TestClock();
        var pace = new HealthPace(new HealthOptions(), _line, clock);
        Tell(pace, Line.Ready);
        clock.Advance(Shortest);
        _line.IsServingTill = true;

        Assert.That(pace.IsDue(Of(Line.TerminalBusy)), Is.False);
        _line.IsServingTill = false;
        Assert.That(pace.IsDue(Of(Line.TerminalBusy)), Is.True);
        _line.IsServingTill = true;
        Assert.That(Enumerable.Range(0, 20).Any(_ => pace.IsDue(Of(Line.TerminalBusy))), Is.True);
        _line.IsServingTill = false;
    }

    private static HealthReport Of(Line link) => new() { Link = link };

    private static bool Tell(HealthPace pace, Line link)
    {
        var isDue = pace.IsDue(Of(link));
        if (isDue)
        {
            pace.Written(Of(link));
        }

        return isDue;
    }
}
