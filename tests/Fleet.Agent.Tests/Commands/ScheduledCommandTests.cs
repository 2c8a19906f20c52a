using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Commands;

/// <summary>Commands that were given to the agent ahead of their start. No agent here has a network: it starts them by itself.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class ScheduledCommandTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1.5);

    [Test]
    public async Task Command_starts_at_its_time_and_not_before()
    {
        await using var lane = await LaneWorld.StartAsync();
        var start = await GiveAsync(lane, CommandKind.Disable, "d1", Soon);
        var accepted = Events(lane, "d1").Single();
        Assert.That((await lane.SellAsync(500)).Outcome, Is.EqualTo(TillOutcome.Approved), "until then the lane sells");
        await EndAsync(lane, "d1", CommandStage.Succeeded);

        Assert.That((accepted.Stage, accepted.Detail), Is.EqualTo((CommandStage.Accepted, $"kept by the agent, which starts it at {start.UtcDateTime:u}")));
        Assert.That(lane.Agent!.Time.Now, Is.GreaterThanOrEqualTo(start));
        Assert.That(lane.Agent.Gate.Position.IsOpen, Is.False);
    }

    [Test]
    public async Task Command_starts_after_the_agent_was_killed_and_started_again_in_between()
    {
        await using var lane = await LaneWorld.StartAsync();
        await GiveAsync(lane, CommandKind.Disable, "d1", Soon);
        await lane.RestartAgentAsync();
        await lane.ReadyAsync();

        await EndAsync(lane, "d1", CommandStage.Succeeded);
        Assert.That(Events(lane, "d1").Count(static e => e.Stage == CommandStage.Accepted), Is.EqualTo(1));
    }

    [Test]
    public async Task Command_whose_start_was_slept_through_starts_late_and_one_whose_validity_was_ends()
    {
        await using var lane = await LaneWorld.StartAsync();
        await GiveAsync(lane, CommandKind.Disable, "d1", TimeSpan.FromMilliseconds(300));
        await GiveAsync(lane, CommandKind.SyncNow, "s1", TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(400));
        await lane.Agent!.KillAsync();
        await lane.DropTillAsync();
        var later = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(500);
        await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() > later, "both times have come");
        await lane.StartAgentAsync();

        await EndAsync(lane, "d1", CommandStage.Succeeded);
        await EndAsync(lane, "s1", CommandStage.Expired);
    }

    [Test]
    public async Task Command_given_later_is_not_held_up_by_one_that_starts_later()
    {
        await using var lane = await LaneWorld.StartAsync();
        await GiveAsync(lane, CommandKind.SettleAndLock, "s1", TimeSpan.FromMinutes(30));
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "d1")), CancellationToken.None);

        await EndAsync(lane, "d1", CommandStage.Succeeded);
        Assert.That(lane.Agent.Commands.Find("s1")?.Stage, Is.EqualTo(CommandStage.Accepted));
    }

    [Test]
    public async Task Cancel_that_crosses_the_start_is_answered_by_what_really_happened()
    {
        await using var lane = await LaneWorld.StartAsync();
        var cancelled = 0;
        for (var i = 0; i < 12; i++)
        {
            var id = $"d{i}";
            var start = await GiveAsync(lane, CommandKind.DisablePaymentMethod, id, TimeSpan.FromMilliseconds(60));
            await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() >= start - TimeSpan.FromMilliseconds((i - 6) * 5), "around its start");
            await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Cancel, lane.Fleet.Sign(lane.Fleet.Cancel(id)), CancellationToken.None);
            await Eventually.TrueAsync(() => lane.Agent.Commands.Find(id) is { IsFinal: true }, $"{id} ends");

            var stages = Events(lane, id).Select(static e => (e.Stage, e.Reason)).ToList();
            var took = lane.Agent.Commands.Find(id)!.Stage;
            Assert.That(took, Is.EqualTo(CommandStage.Cancelled).Or.EqualTo(CommandStage.Succeeded));
            Assert.That(stages.Exists(static s => s.Stage == CommandStage.Succeeded), Is.EqualTo(took == CommandStage.Succeeded), "never both");
            Assert.That(stages.Exists(static s => s.Reason == ReasonCodes.TooLateToCancel), Is.EqualTo(took == CommandStage.Succeeded), "a definite no where it was too late");
            cancelled += took == CommandStage.Cancelled ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{cancelled} of 12 were cancelled in time");
    }

    [Test]
    public async Task Start_while_a_batch_is_closed_for_good_is_refused_as_an_arrival_would_be()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.SettleAndLock, "s1")), CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent.Commands.Find("s1")!.Stage == CommandStage.Reconciling, "it waits for the verdict");
        await GiveAsync(lane, CommandKind.Enable, "e1", Soon);

        await EndAsync(lane, "e1", CommandStage.Failed);
        Assert.That(lane.Agent.Commands.Find("e1")!.EndReason, Is.EqualTo(ReasonCodes.ConflictingCommand));
        Assert.That(lane.Agent.Gate.Position.IsOpen, Is.False, "a difference is not opened over by the clock");
    }

    [Test]
    public async Task Closing_that_starts_takes_the_place_of_an_opening_that_does_not_get_on()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Disable, "d0")), CancellationToken.None);
        await EndAsync(lane, "d0", CommandStage.Succeeded);
        await GiveAsync(lane, CommandKind.Disable, "d1", TimeSpan.FromSeconds(4));
        await lane.Terminal.PowerCutAsync(CancellationToken.None);
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Enable, "e1")), CancellationToken.None);

        await EndAsync(lane, "e1", CommandStage.Failed);
        Assert.That(lane.Agent.Commands.Find("e1")!.EndReason, Is.EqualTo(ReasonCodes.ConflictingCommand));
        await lane.Terminal.PowerOnAsync(CancellationToken.None);
        await EndAsync(lane, "d1", CommandStage.Succeeded);
    }

    [TestCase(CommandKind.Disable)]
    [TestCase(CommandKind.SettleAndLock)]
    [TestCase(CommandKind.Settle)]
    public async Task Start_on_a_locked_lane_changes_nothing(CommandKind kind)
    {
        await using var lane = await LaneWorld.StartAsync();
        await LockAsync(lane);
        await GiveAsync(lane, kind, "late", Soon);

        await EndAsync(lane, "late", CommandStage.Failed);
        Assert.That(lane.Agent!.Commands.Find("late")!.EndReason, Is.EqualTo(ReasonCodes.StateForbids));
        Assert.That(lane.Agent.Gate.Position.State, Is.EqualTo(GateChange.Types.State.Locked));
    }

    [Test]
    public async Task Retirement_answers_everything_that_still_waits_for_its_start()
    {
        await using var lane = await LaneWorld.StartAsync();
        await GiveAsync(lane, CommandKind.Disable, "d1", TimeSpan.FromMinutes(30));
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.Retire, "r1")), CancellationToken.None);
        await JudgeAsync(lane, "r1");
        await EndAsync(lane, "r1", CommandStage.Succeeded);

        var last = lane.Journal.Entries.Where(static e => e.Command is not null).Select(static e => (e.Command.CommandId, e.Command.Stage, e.Command.Reason)).ToList()[^2..];
        Assert.That(last, Is.EqualTo(new[] { ("d1", CommandStage.Failed, ReasonCodes.TerminalRetired), ("r1", CommandStage.Succeeded, string.Empty) }));
    }

    private static async Task<DateTimeOffset> GiveAsync(LaneWorld lane, CommandKind kind, string id, TimeSpan ahead, TimeSpan? validity = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var order = lane.Fleet.Order(kind, id);
        order.NotBeforeUnixMicros = TestFleet.Micros(now + ahead);
        order.ExpiresUnixMicros = validity is { } valid ? TestFleet.Micros(now + valid) : order.ExpiresUnixMicros;
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(order), CancellationToken.None);
        return DateTimeOffset.UnixEpoch.AddTicks(order.NotBeforeUnixMicros * TimeSpan.TicksPerMicrosecond);
    }

    private static async Task LockAsync(LaneWorld lane)
    {
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(CommandKind.SettleAndLock, "lock")), CancellationToken.None);
        await JudgeAsync(lane, "lock");
        await EndAsync(lane, "lock", CommandStage.Succeeded);
    }

    private static async Task JudgeAsync(LaneWorld lane, string id)
    {
        await Eventually.TrueAsync(() => lane.Agent!.Commands.Find(id)!.Stage == CommandStage.Reconciling, "it waits for the verdict");
        var verdict = lane.Fleet.Verdict(id, lane.Agent!.Commands.Find(id)!.SettlementId, SettlementVerdict.Types.Result.Balanced);
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Verdict, lane.Fleet.Sign(verdict), CancellationToken.None);
    }

    private static List<CommandEvent> Events(LaneWorld lane, string id) => [.. lane.Journal.Entries.Where(e => e.Command?.CommandId == id).Select(static e => e.Command)];

    private static async Task EndAsync(LaneWorld lane, string id, CommandStage stage)
    {
        await Eventually.TrueAsync(() => lane.Agent!.Commands.Find(id) is { IsFinal: true }, $"{id} ends");
        Assert.That(lane.Agent!.Commands.Find(id)!.Stage, Is.EqualTo(stage), lane.Agent.Commands.Find(id)!.EndReason);
    }
}
