using Fleet.Agent.Capture;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Host;

namespace Fleet.Agent.Tests.Capture;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class ReceiptGapTests
{
    [TestCase(10u, 0u, 11u, false)]
    [TestCase(10u, 0u, 12u, true)]
    [TestCase(10u, 1u, 12u, false, Description = "a declined payment may have used one up")]
    [TestCase(10u, 1u, 14u, true)]
    [TestCase(10u, 0u, 10u, false)]
    [TestCase(9999u, 0u, 1u, false, Description = "the numbers begin again")]
    [TestCase(0u, 0u, 5u, false, Description = "nothing is known of the terminal")]
    public void Number_that_nobody_here_asked_for_is_alarmed(uint last, uint spent, uint receipt, bool alarmed)
    {
        var approved = new Transaction { Outcome = TransactionOutcome.Approved, ReceiptNumber = receipt };

        Assert.That(ReceiptGap.Find(new LastKnown(1, last, 0), spent, approved)?.Alarm.Code, Is.EqualTo(alarmed ? ReasonCodes.ReceiptGap : null));
    }

    [Test]
    public void Payment_that_was_not_approved_says_nothing() =>
        Assert.That(ReceiptGap.Find(new LastKnown(1, 10, 0), 0, new Transaction { Outcome = TransactionOutcome.Declined, ReceiptNumber = 99 }), Is.Null);

    [Test]
    public async Task Declines_and_settlements_of_this_agent_raise_no_alarm()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Host.Change(static r => r with { Declines = [new DeclineRule(1005, 1005, 5)] }));
        foreach (var amount in (long[])[100, 1005, 1005, 200])
        {
            await lane.SellAsync(amount);
        }

        await using (var till = await lane.ConnectAsync())
        {
            await till.SendAsync("06 50 03 00 00 00");
            await till.FollowUntilGoneAsync();
        }

        await lane.ReadyAsync();
        await lane.SellAsync(300);
        Assert.That(lane.Journal.Entries.Where(static e => e.Alarm is not null).Select(static e => e.Alarm.Detail), Is.Empty);
    }

    [Test]
    public async Task Spent_numbers_survive_a_restart()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Host.Change(static r => r with { Declines = [new DeclineRule(1005, 1005, 5)] }));
        await lane.SellAsync(100);
        await lane.SellAsync(1005);
        await lane.RestartAgentAsync();
        await lane.ReadyAsync();
        Assert.That(lane.Agent!.Capture.Snapshot.SpentNumbers, Is.EqualTo(1));
        await lane.SellAsync(200);
        Assert.That(lane.Agent.Capture.Snapshot.SpentNumbers, Is.Zero);
        Assert.That(lane.Journal.Entries.Where(static e => e.Alarm is not null), Is.Empty);
    }
}
