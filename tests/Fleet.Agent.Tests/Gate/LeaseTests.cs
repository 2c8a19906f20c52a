using Fleet.Agent.Capture;
using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Capture;
using Fleet.Agent.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Fleet.Zvt;
using Microsoft.Extensions.Logging.Abstractions;
using TillOptions = Fleet.Agent.Till.TillOptions;

namespace Fleet.Agent.Tests.Gate;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LeaseTests
{
    private readonly TestClock _clock = new();
    private readonly MemoryJournal _journal = new();

    private readonly LeaseOptions _options = new()
    {
        WarnAfter = TimeSpan.FromHours(1),
        LowerLimitAfter = TimeSpan.FromHours(4),
        NoOfflineAfter = TimeSpan.FromHours(12),
        LockAfter = TimeSpan.FromDays(3),
    };

    private FleetTime _time = null!;
    private Lease _lease = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _options.LowerLimits["EUR"] = 50_00;
        await BootAsync("boot-1");
        await _time.TakeAsync(_clock.GetUtcNow(), CancellationToken.None);
    }

    [TestCase(0, LeaseStep.Held)]
    [TestCase(1, LeaseStep.Warned)]
    [TestCase(4, LeaseStep.LowerLimit)]
    [TestCase(12, LeaseStep.NoOffline)]
    [TestCase(72, LeaseStep.Locked)]
    [TestCase(720, LeaseStep.Locked)]
    public void Lane_steps_down_with_the_age_of_the_last_heartbeat(int hours, LeaseStep expected)
    {
        _clock.Advance(TimeSpan.FromHours(hours));
        Assert.That(_lease.Step, Is.EqualTo(expected));
    }

    [Test]
    public async Task Heartbeat_renews_and_lifts_every_step()
    {
        _clock.Advance(TimeSpan.FromDays(4));
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.Locked));
        await _time.TakeAsync(_clock.GetUtcNow(), CancellationToken.None);
        Assert.That((_lease.Step, _lease.Age), Is.EqualTo((LeaseStep.Held, TimeSpan.Zero)));
    }

    [Test]
    public async Task Replayed_heartbeat_renews_nothing()
    {
        var old = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromHours(5));
        await _time.TakeAsync(old, CancellationToken.None);
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.LowerLimit));
    }

    [TestCase(-10)]
    [TestCase(10)]
    public async Task Clock_that_is_set_by_years_neither_renews_nor_ends_it(int years)
    {
        _clock.Advance(TimeSpan.FromHours(2));
        _clock.SetWallClock(TestClock.Start.AddYears(years));
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.Warned));
        await BootAsync("boot-1");
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.Warned), "also after a restart of the agent");
        await BootAsync("boot-2");
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.Held), "a reboot with a clock nobody can believe goes on from what was signed");
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.Warned));
    }

    [Test]
    public async Task Days_that_the_machine_was_off_count()
    {
        _clock.Advance(TimeSpan.FromDays(5));
        await BootAsync("boot-2");
        Assert.That(_lease.Step, Is.EqualTo(LeaseStep.Locked));
    }

    [Test]
    public async Task Each_step_is_alarmed_once_also_across_restarts()
    {
        await _lease.WatchAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(2));
        await _lease.WatchAsync(CancellationToken.None);
        await BootAsync("boot-1");
        await _lease.WatchAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromDays(4));
        await _lease.WatchAsync(CancellationToken.None);
        await _time.TakeAsync(_clock.GetUtcNow(), CancellationToken.None);
        await _lease.WatchAsync(CancellationToken.None);

        var alarms = _journal.Entries.Where(static e => e.Alarm is not null).Select(static e => (e.Alarm.Code, e.Alarm.Severity)).ToList();
        Assert.That(alarms, Is.EqualTo(new[] { (ReasonCodes.LeaseStep, Alarm.Types.Severity.Warning), (ReasonCodes.LeaseStep, Alarm.Types.Severity.Critical) }));
    }

    [Test]
    public async Task Agent_that_never_heard_a_server_has_no_lease()
    {
        var time = new FleetTime(new MemoryJournal(), _clock, NullLogger<FleetTime>.Instance);
        await time.LoadAsync(CancellationToken.None);
        _clock.Advance(TimeSpan.FromDays(300));
        Assert.That(LeaseOf(time).Step, Is.EqualTo(LeaseStep.Held));
    }

    [Test]
    public async Task Steps_refuse_what_they_say()
    {
        var limits = new TillLimits(new OfflineExposure(_journal, _clock), new TillOptions(), new PaymentRules(_journal, NoCrashPoints.Instance), _lease);
        Assert.That(limits.Refusal(Sale(80_00)), Is.Null);
        _clock.Advance(TimeSpan.FromHours(4));
        Assert.That(limits.Refusal(Sale(80_00)), Is.EqualTo(TillRefusal.AmountTooHigh));
        Assert.That(limits.Refusal(Sale(50_00)), Is.Null);
        _clock.Advance(TimeSpan.FromHours(8));
        Assert.That(limits.Refusal(Sale(50_00)), Is.Null, "the server misses nothing");
        _journal.AcknowledgesAtOnce = false;
        var sale = new Transaction { Outcome = TransactionOutcome.Approved, Amount = new Money { MinorUnits = 500, Currency = "EUR" } };
        var receipt = await _journal.AppendAsync(JournalWrite.Of(new JournalEntry { Transaction = sale }), CancellationToken.None);
        var exposure = new OfflineExposure(_journal, _clock);
        exposure.Add(receipt.Epoch, receipt.LastSequence, sale);
        var missing = new TillLimits(exposure, new TillOptions(), new PaymentRules(_journal, NoCrashPoints.Instance), _lease);
        Assert.That(missing.Refusal(Sale(50_00)), Is.EqualTo(TillRefusal.OfflineLimit));
        _clock.Advance(TimeSpan.FromDays(3));
        Assert.That(limits.Refusal(Sale(1)), Is.EqualTo(TillRefusal.LeaseEnded));
    }

    [Test]
    public void Settings_that_make_no_sense_are_named()
    {
        Assert.That(_options.Faults(), Is.Empty);
        Assert.That(new LeaseOptions().Faults(), Is.Empty, "no lease at all");
        Assert.That(new LeaseOptions { WarnAfter = TimeSpan.FromSeconds(30) }.Faults(), Has.One.Contains("lease.warnAfter"));
        Assert.That(new LeaseOptions { WarnAfter = TimeSpan.FromDays(2), LockAfter = TimeSpan.FromDays(1) }.Faults(), Has.One.Contains("lease.lockAfter"));
        Assert.That(new LeaseOptions { LowerLimitAfter = TimeSpan.FromDays(2) }.Faults(), Has.One.Contains("lease.lowerLimits"));
    }

    private static TillCommand Sale(long amount) => TillCommand.Read(Apdu.FromHex($"06 01 0A 04 {Convert.ToHexString(Bcd.Write(amount, 6))} 49 09 78"), "EUR", out _)!;

    private Lease LeaseOf(FleetTime time) => new(time, _options, _journal, NoCrashPoints.Instance, NullLogger<Lease>.Instance);

    private async Task BootAsync(string boot)
    {
        _time = new FleetTime(_journal, _clock, NullLogger<FleetTime>.Instance) { BootId = boot };
        await _time.LoadAsync(CancellationToken.None);
        _lease = LeaseOf(_time);
    }
}
