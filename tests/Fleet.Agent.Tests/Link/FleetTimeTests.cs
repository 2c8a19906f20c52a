using Fleet.Agent.Link;
using Fleet.Agent.Tests.Capture;
using Fleet.Contracts;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Link;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class FleetTimeTests
{
    private static readonly DateTimeOffset Signed = TestClock.Start.AddMinutes(3);
    private readonly TestClock _clock = new();
    private readonly MemoryJournal _journal = new();

    [TestCase(-10)]
    [TestCase(10)]
    public async Task Wall_clock_that_jumps_by_years_changes_nothing(int years)
    {
        var time = await BootAsync("boot-1");
        await time.TakeAsync(Signed, CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(5));
        _clock.SetWallClock(TestClock.Start.AddYears(years));

        Assert.That((time.Now, time.IsSure), Is.EqualTo((Signed.AddHours(5), true)));
        Assert.That(time.Offset, Is.EqualTo(Signed.AddHours(5) - TestClock.Start.AddYears(years)));
    }

    [TestCase(-10)]
    [TestCase(10)]
    public async Task Restart_of_the_agent_in_the_same_boot_loses_no_second(int years)
    {
        await (await BootAsync("boot-1")).TakeAsync(Signed, CancellationToken.None);
        _clock.SetWallClock(TestClock.Start.AddYears(years));
        _clock.Advance(TimeSpan.FromDays(90));

        var time = await BootAsync("boot-1");
        Assert.That((time.Now, time.IsSure), Is.EqualTo((Signed.AddDays(90), true)));
    }

    [Test]
    public async Task After_a_reboot_the_wall_clock_with_its_offset_is_believed_for_a_short_absence()
    {
        await (await BootAsync("boot-1")).TakeAsync(Signed, CancellationToken.None);
        _clock.Advance(TimeSpan.FromDays(3));

        var time = await BootAsync("boot-2");
        Assert.That((time.Now, time.IsSure), Is.EqualTo((Signed.AddDays(3), false)));
    }

    [TestCase(-10)]
    [TestCase(10)]
    public async Task After_a_reboot_a_wall_clock_that_is_years_off_is_not_believed(int years)
    {
        await (await BootAsync("boot-1")).TakeAsync(Signed, CancellationToken.None);
        _clock.SetWallClock(TestClock.Start.AddYears(years));

        var time = await BootAsync("boot-2");
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(time.Now, Is.EqualTo(Signed.AddMinutes(1)), "goes on from what was signed");
        _clock.SetWallClock(TestClock.Start.AddDays(1));
        Assert.That(time.Now, Is.EqualTo(Signed.AddMinutes(1)), "later jumps are not looked at either");
    }

    [Test]
    public async Task Signed_time_corrects_the_guess_after_a_reboot()
    {
        await (await BootAsync("boot-1")).TakeAsync(Signed, CancellationToken.None);
        _clock.SetWallClock(TestClock.Start.AddDays(30));
        var time = await BootAsync("boot-2");
        Assert.That(time.Now, Is.EqualTo(Signed.AddDays(30)));

        await time.TakeAsync(Signed.AddHours(1), CancellationToken.None);
        Assert.That((time.Now, time.IsSure), Is.EqualTo((Signed.AddHours(1), true)));
    }

    [TestCase(0)]
    [TestCase(-10)]
    [TestCase(10)]
    public async Task Earliest_goes_on_from_what_was_signed_whatever_the_wall_clock_says(int years)
    {
        var time = await BootAsync("boot-1");
        Assert.That(time.Earliest, Is.EqualTo(FleetTime.Built));
        time.Enrolled(Signed.AddDays(-1));
        Assert.That(time.Earliest, Is.EqualTo(Signed.AddDays(-1)));
        await time.TakeAsync(Signed, CancellationToken.None);
        _clock.SetWallClock(TestClock.Start.AddYears(years).AddDays(3));

        time = await BootAsync("boot-2");
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.That(time.Earliest, Is.EqualTo(Signed.AddMinutes(1)));
    }

    [Test]
    public async Task Older_signed_time_is_a_replay_and_changes_nothing()
    {
        var time = await BootAsync("boot-1");
        await time.TakeAsync(Signed, CancellationToken.None);
        Assert.That(await time.TakeAsync(Signed.AddYears(-1), CancellationToken.None), Is.False);
        Assert.That((time.Now, time.LastSigned), Is.EqualTo((Signed, Signed)));
    }

    [Test]
    public async Task Signed_time_that_was_held_up_on_its_way_does_not_set_back()
    {
        var time = await BootAsync("boot-1");
        await time.TakeAsync(Signed, CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.That(await time.TakeAsync(Signed.AddMinutes(5), CancellationToken.None), Is.True);
        Assert.That((time.Now, time.LastSigned), Is.EqualTo((Signed.AddHours(2), Signed.AddMinutes(5))));
        await time.TakeAsync(Signed.AddHours(2).AddSeconds(-3), CancellationToken.None);
        Assert.That(time.Now, Is.EqualTo(Signed.AddHours(2).AddSeconds(-3)), "seconds are drift");
    }

    [Test]
    public async Task Before_any_signed_time_there_is_the_wall_clock_and_the_age_of_the_software()
    {
        var time = await BootAsync("boot-1");
        Assert.That((time.Now, time.IsSure, time.Offset, time.LastSigned), Is.EqualTo((TestClock.Start, false, (TimeSpan?)null, (DateTimeOffset?)null)));
        _clock.SetWallClock(DateTimeOffset.UnixEpoch);
        Assert.That(time.Now, Is.EqualTo(FleetTime.Built));
    }

    [TestCase(0, 0)]
    [TestCase(-10, -1)]
    [TestCase(10, -1)]
    public async Task Time_of_the_enrolment_is_the_first_bound(int years, int expectedDays)
    {
        _clock.SetWallClock(TestClock.Start.AddYears(years));
        var time = await BootAsync("boot-1");
        time.Enrolled(TestClock.Start.AddDays(-1));
        Assert.That((time.Now, time.IsSure), Is.EqualTo((TestClock.Start.AddDays(expectedDays), false)));
    }

    [Test]
    public async Task Skew_is_alarmed_once_until_it_is_gone()
    {
        var time = await BootAsync("boot-1");
        await time.TakeAsync(TestClock.Start.AddHours(1), CancellationToken.None);
        await time.TakeAsync(TestClock.Start.AddHours(1).AddMinutes(1), CancellationToken.None);
        var codes = _journal.Entries.Where(static e => e.Alarm is not null).Select(static e => e.Alarm.Code).ToList();
        Assert.That(codes, Is.EqualTo(new[] { ReasonCodes.ClockSkew }));
        _clock.SetWallClock(TestClock.Start.AddHours(1).AddMinutes(2));
        await time.TakeAsync(TestClock.Start.AddHours(1).AddMinutes(2), CancellationToken.None);
        _clock.SetWallClock(TestClock.Start);
        await time.TakeAsync(TestClock.Start.AddHours(1).AddMinutes(3), CancellationToken.None);
        Assert.That(_journal.Entries.Count(static e => e.Alarm is not null), Is.EqualTo(2));
    }

    [Test]
    public async Task Skew_whose_alarm_could_not_be_stored_is_told_with_the_next_signed_time()
    {
        var time = await BootAsync("boot-1");
        _journal.Fails = static _ => true;
        Assert.That(async () => await time.TakeAsync(Signed.AddHours(1), CancellationToken.None), Throws.InstanceOf<Agent.Journal.JournalFaultException>());
        _journal.Fails = static _ => false;
        await time.TakeAsync(Signed.AddHours(1).AddSeconds(1), CancellationToken.None);
        await time.TakeAsync(Signed.AddHours(1).AddSeconds(2), CancellationToken.None);

        Assert.That(_journal.Entries.Count(static e => e.Alarm?.Code == ReasonCodes.ClockSkew), Is.EqualTo(1));
    }

    private async Task<FleetTime> BootAsync(string boot)
    {
        var time = new FleetTime(_journal, _clock, NullLogger<FleetTime>.Instance) { BootId = boot };
        await time.LoadAsync(CancellationToken.None);
        return time;
    }
}
