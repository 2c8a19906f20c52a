using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Terminal;

/// <summary>What the device says of paper, battery and housing.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class TerminalConditionTests
{
    [TestCase(0x00, "", -1, "Untold Untold Untold")]
    [TestCase(0x00, "0000", -1, "Good Good Good")]
    [TestCase(0x00, "0000", 0, "Good Good Good")]
    [TestCase(0x00, "", 0, "Untold Untold Good")]
    [TestCase(0xCC, "", -1, "Bad Untold Untold")]
    [TestCase(0xBF, "", -1, "Untold Bad Untold")]
    [TestCase(0xDF, "", 3, "Untold Untold Bad")]
    [TestCase(0x00, "0400", 0, "Bad Good Good")]
    [TestCase(0x00, "0004", 0, "Good Bad Good")]
    [TestCase(0xDF, "0900", 3, "Good Good Bad")]
    [TestCase(0xDF, "0000", 3, "Good Good Bad")]
    [TestCase(0x00, "01", 0, "Untold Untold Good")]
    public void Parts_are_read_from_status_locks_and_state(byte status, string locks, int state, string expected)
    {
        var condition = TerminalCondition.Of(status, Convert.FromHexString(locks), state < 0 ? null : (byte)state);

        Assert.That($"{condition.Printer} {condition.Battery} {condition.Housing}", Is.EqualTo(expected));
    }

    [Test]
    public async Task Paper_battery_and_housing_of_a_terminal_are_seen_by_the_next_poll()
    {
        await using var lane = await StartAsync();
        Assert.That(lane.Agent!.Line.Status.Condition, Is.EqualTo(new TerminalCondition(PartState.Good, PartState.Good, PartState.Good)));
        lane.Terminal.Change(static m => m with { PaperOut = true });
        await SeenAsync(lane, new TerminalCondition(PartState.Bad, PartState.Good, PartState.Good));
        lane.Terminal.Change(static m => m with { PaperOut = false, Battery = 3 });
        await SeenAsync(lane, new TerminalCondition(PartState.Good, PartState.Bad, PartState.Good));
        lane.Terminal.Change(static m => m with { Battery = 90 });
        await SeenAsync(lane, new TerminalCondition(PartState.Good, PartState.Good, PartState.Good));
    }

    [Test]
    public async Task Opened_housing_is_alarmed_once_across_restarts_and_again_after_it_was_well()
    {
        await using var lane = await StartAsync();
        lane.Terminal.Change(static m => m with { Tampered = true });
        await Eventually.TrueAsync(() => Alarms(lane) == 1, "it is alarmed");
        await lane.RestartAgentAsync();
        await Eventually.TrueAsync(() => lane.Agent!.Line.Status.Condition.Housing == PartState.Bad, "it is seen again");
        lane.Terminal.Change(static m => m with { Tampered = false });
        await Eventually.TrueAsync(() => lane.Agent!.Line.Status.Condition.Housing == PartState.Good, "it is well");
        Assert.That(Alarms(lane), Is.EqualTo(1));
        lane.Terminal.Change(static m => m with { Tampered = true });
        await Eventually.TrueAsync(() => Alarms(lane) == 2, "it is alarmed again");
    }

    [Test]
    public async Task Opened_housing_stays_known_until_a_signed_command_clears_it()
    {
        await using var lane = await StartAsync();
        lane.Terminal.Change(static m => m with { Tampered = true });
        await Eventually.TrueAsync(() => lane.Agent!.Tamper.State == TamperState.Open, "it is open");
        Assert.That((await ClearAsync(lane, "c1")).Reason, Is.EqualTo(ReasonCodes.TerminalTampered), "not while it says that it is open");
        lane.Terminal.Change(static m => m with { Tampered = false });
        await Eventually.TrueAsync(() => lane.Agent!.Tamper.State == TamperState.Latched, "it says that it is well");
        await lane.RestartAgentAsync();
        await lane.ReadyAsync();
        Assert.That(lane.Agent!.Tamper.State, Is.EqualTo(TamperState.Latched), "a restart does not clear it");

        Assert.That((await ClearAsync(lane, "c2")).Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That(lane.Agent.Tamper.State, Is.EqualTo(TamperState.Clear));
        await lane.RestartAgentAsync();
        await lane.ReadyAsync();
        Assert.That((lane.Agent.Tamper.State, Alarms(lane)), Is.EqualTo((TamperState.Clear, 1)));
    }

    [Test]
    public async Task Opening_that_could_not_be_stored_is_alarmed_with_the_next_look()
    {
        await using var lane = await StartAsync();
        lane.Journal.Fails = static write => write.Bodies.Any(static b => b.Alarm is not null);
        lane.Terminal.Change(static m => m with { Tampered = true });
        await Eventually.TrueAsync(() => lane.Log.Text.Contains("the disk does not take it", StringComparison.Ordinal), "it was tried");
        lane.Journal.Fails = static _ => false;
        await Eventually.TrueAsync(() => Alarms(lane) == 1, "it is alarmed");
    }

    private static async Task<CommandEvent> ClearAsync(LaneWorld lane, string id)
    {
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.ClearTamper, id)), CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent.Commands.Find(id) is { IsFinal: true }, $"{id} ends");
        return lane.Journal.Entries.Last(e => e.Command?.CommandId == id).Command;
    }

    private static Task<LaneWorld> StartAsync() => LaneWorld.StartAsync(static l => l.TerminalSettings.PollInterval = TimeSpan.FromMilliseconds(50));

    private static Task SeenAsync(LaneWorld lane, TerminalCondition condition) =>
        Eventually.TrueAsync(() => lane.Agent!.Line.Status.Condition == condition, $"{condition} is seen");

    private static int Alarms(LaneWorld lane) => lane.Journal.Entries.Count(static e => e.Alarm?.Code == ReasonCodes.TerminalTampered);
}
