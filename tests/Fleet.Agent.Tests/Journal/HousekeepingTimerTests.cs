using Fleet.Agent.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

public sealed class HousekeepingTimerTests
{
    private readonly JournalOptions _options = new() { HousekeepingInterval = TimeSpan.FromSeconds(1), IdleInterval = TimeSpan.FromMinutes(1) };

    [Test]
    public async Task Idle_journal_is_looked_after_seldom_and_a_busy_one_soon()
    {
        var clock = new TestClock();
        var rounds = 0;
        await using var timer = new HousekeepingTimer(_options, clock, () => rounds++);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(rounds, Is.EqualTo(1), "the first round follows the start");

        timer.Set(isSoon: false);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.That(rounds, Is.EqualTo(1), "asleep");
        timer.Soon();
        clock.Advance(TimeSpan.FromMilliseconds(500));
        timer.Soon();
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.That(rounds, Is.EqualTo(2), "called, and a second call does not put it off");

        timer.Set(isSoon: true);
        clock.Advance(TimeSpan.FromSeconds(1));
        timer.Set(isSoon: false);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(rounds, Is.EqualTo(4));
    }
}
