using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Terminal;

/// <summary>Another device at the end of the cable, while the agent runs.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class SubstitutionTests
{
    private const string OtherTid = "29005678";

    [Test]
    public async Task Terminal_that_is_exchanged_on_the_same_link_is_alarmed_and_not_used_and_the_old_one_goes_on()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        await lane.Terminal.UnplugAsync();
        await using (var other = await SimulatedTerminalHost.StartAsync(lane.Device(OtherTid), CancellationToken.None))
        {
            await SubstitutedAsync(lane);
            Assert.That((await lane.SellAsync(500)).ResultCode, Is.EqualTo(0xFC));
            Assert.That(other.Totals.Count, Is.Zero, "nothing is done with it");
            Assert.That(lane.Agent!.Line.Status.Detail, Does.Contain(OtherTid).And.Contain(LaneWorld.Tid));
        }

        lane.Terminal.Replug();
        await lane.ReadyAsync();
        Assert.That((await lane.SellAsync(700)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
        Assert.That(Alarms(lane).Select(static a => a.Severity), Is.EqualTo(new[] { Alarm.Types.Severity.Critical }));
    }

    [Test]
    public async Task Terminal_that_is_exchanged_without_the_line_noticing_is_found_by_the_next_poll()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TerminalSettings.PollInterval = TimeSpan.FromMilliseconds(100));
        lane.Terminal.Change(static m => m with { Tid = OtherTid, SerialNumber = "99999999" });

        await SubstitutedAsync(lane);
        Assert.That((await lane.SellAsync(500)).ResultCode, Is.EqualTo(0xFC));
        Assert.That(Alarms(lane), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Payment_that_names_another_terminal_makes_the_agent_look_who_is_there()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TerminalSettings.PollInterval = TimeSpan.Zero);
        await lane.SellAsync(100);
        lane.Terminal.Change(static m => m with { Tid = OtherTid, SerialNumber = "99999999" });
        await lane.SellAsync(200);

        await SubstitutedAsync(lane);
        Assert.That((await lane.SellAsync(500)).ResultCode, Is.EqualTo(0xFC));
        Assert.That(Alarms(lane), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Device_that_does_not_have_the_expected_terminal_id_is_never_pinned()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TerminalSettings.ExpectedTid = LaneWorld.Tid);
        lane.Journal.Forget("terminal/identity");
        await lane.Terminal.UnplugAsync();
        await lane.RestartAgentAsync();
        await using var other = await SimulatedTerminalHost.StartAsync(lane.Device(OtherTid), CancellationToken.None);

        await SubstitutedAsync(lane);
        Assert.That(lane.Journal.Keys, Does.Not.Contain("terminal/identity"));
    }

    private static Task SubstitutedAsync(LaneWorld lane) => Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == LineState.Substituted, "the substitution is seen");

    private static List<Alarm> Alarms(LaneWorld lane) =>
        [.. lane.Journal.Entries.Select(static e => e.Alarm).OfType<Alarm>().Where(static a => a.Code == ReasonCodes.TerminalSubstituted)];
}
