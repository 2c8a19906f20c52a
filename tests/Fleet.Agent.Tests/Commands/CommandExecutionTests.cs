using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Commands;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class CommandExecutionTests
{
    private const string Sale = "06 01 0A 04 00 00 00 00 12 34 49 09 78";

    [Test]
    public async Task Disable_closes_the_gate_and_registers_the_device_as_locked()
    {
        await using var lane = await LaneWorld.StartAsync();
        await OrderAsync(lane, CommandKind.Disable, "d1");
        var done = await EndAsync(lane, "d1");

        Assert.Multiple(() =>
        {
            Assert.That(Stages(lane, "d1"), Is.EqualTo(new[] { CommandStage.Accepted, CommandStage.Draining, CommandStage.Locking, CommandStage.Succeeded }));
            Assert.That(done.Enforcement, Is.EqualTo(EnforcementLevel.Registered));
            Assert.That((byte)lane.Terminal.Memory.Till.Config & 0x30, Is.EqualTo(0x30));
            Assert.That(lane.Agent!.Gate.Position.State, Is.EqualTo(GateChange.Types.State.Disabled));
        });
        var payment = await lane.SellAsync(1234);
        Assert.That((payment.Outcome, payment.ResultCode), Is.EqualTo((TillOutcome.Declined, (byte?)0xE4)));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Disabled_lane_refuses_as_a_locked_terminal_does_and_answers_questions()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(100);
        await OrderAsync(lane, CommandKind.Disable, "d1");
        await EndAsync(lane, "d1");
        await using var till = await lane.ConnectAsync();
        await till.SendAsync(Sale);
        await till.ExpectAsync("80 00 00");
        await till.ExpectAsync("06 1E 01 E4");
        await till.SendAsync("80 00 00");
        await till.SendAsync("05 01 05 00 00 00 03 02");
        Assert.That((await till.FollowAsync())[^1].Code, Is.EqualTo(0x060F));
        await till.SendAsync("06 20 05 00 00 00 03 03");
        Assert.That((await till.FollowAsync()).Select(static m => m.Code), Does.Contain(0x040F));
        await till.SendAsync("06 50 03 00 00 00");
        Assert.That((await till.FollowAsync())[^1].Data.Span[0], Is.EqualTo(0xE4));
    }

    [Test]
    public async Task Disable_waits_for_the_payment_that_is_running()
    {
        await using var lane = await LaneWorld.StartAsync();
        await using var till = await lane.ConnectAsync();
        await till.RegisterAsync();
        await till.SendAsync(Sale);
        var seen = await till.FollowAsync(async message =>
        {
            if (message.Code == 0x040F)
            {
                await OrderAsync(lane, CommandKind.Disable, "d1");
                await StageAsync(lane, "d1", CommandStage.Draining);
                Assert.That(Stages(lane, "d1")[^1], Is.EqualTo(CommandStage.Draining));
            }

            return true;
        });

        Assert.That(seen[^1].Code, Is.EqualTo(0x060F), "the running payment is not cut");
        await EndAsync(lane, "d1");
        lane.AssertAgreement();
    }

    [Test]
    public async Task Disable_without_a_terminal_reports_that_only_the_gate_enforces()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.DisablePatience = TimeSpan.FromMilliseconds(300));
        await lane.Terminal.PowerCutAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == Agent.Terminal.LineState.CableOut, "the terminal is gone");
        await OrderAsync(lane, CommandKind.Disable, "d1");
        var done = await EndAsync(lane, "d1");
        Assert.That((done.Stage, done.Enforcement), Is.EqualTo((CommandStage.Succeeded, EnforcementLevel.Gate)));
    }

    [Test]
    public async Task Enable_opens_the_gate_again()
    {
        await using var lane = await LaneWorld.StartAsync();
        await OrderAsync(lane, CommandKind.Disable, "d1");
        await EndAsync(lane, "d1");
        await OrderAsync(lane, CommandKind.Enable, "e1");
        await EndAsync(lane, "e1");
        Assert.That((await lane.SellAsync(1234)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Enable_waits_for_a_terminal_and_disable_takes_its_place()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.DisablePatience = TimeSpan.FromMilliseconds(200));
        await OrderAsync(lane, CommandKind.Disable, "d1");
        await EndAsync(lane, "d1");
        await lane.Terminal.PowerCutAsync(CancellationToken.None);
        await OrderAsync(lane, CommandKind.Enable, "e1");
        await StageAsync(lane, "e1", CommandStage.Blocked);
        await OrderAsync(lane, CommandKind.Disable, "d2");

        Assert.That((await EndAsync(lane, "e1")).Reason, Is.EqualTo(ReasonCodes.ConflictingCommand));
        await EndAsync(lane, "d2");
        Assert.That(lane.Agent!.Gate.Position.State, Is.EqualTo(GateChange.Types.State.Disabled));
    }

    [Test]
    public async Task Settle_and_lock_ends_locked_when_the_server_says_balanced()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        await lane.SellAsync(766);
        await OrderAsync(lane, CommandKind.SettleAndLock, "s1");
        var settlement = await SettledAsync(lane, "s1");
        await StageAsync(lane, "s1", CommandStage.Reconciling);
        Assert.That(lane.Agent!.Gate.Position.State, Is.EqualTo(GateChange.Types.State.Draining));
        await VerdictAsync(lane, "s1", settlement.SettlementId, SettlementVerdict.Types.Result.Balanced);
        var done = await EndAsync(lane, "s1");

        Assert.Multiple(() =>
        {
            Assert.That(Stages(lane, "s1"), Is.EqualTo(new[]
            {
                CommandStage.Accepted, CommandStage.Draining, CommandStage.Settling, CommandStage.Uploading, CommandStage.Reconciling, CommandStage.Locking,
                CommandStage.Succeeded,
            }));
            Assert.That(settlement.Terminal, Is.EqualTo(settlement.Journal));
            Assert.That((settlement.Terminal.Count, settlement.Terminal.Sum.MinorUnits), Is.EqualTo((2u, 2000L)));
            Assert.That((done.SettlementId, done.Enforcement), Is.EqualTo((settlement.SettlementId, EnforcementLevel.Registered)));
            Assert.That(lane.Agent.Gate.Position.State, Is.EqualTo(GateChange.Types.State.Locked));
            Assert.That(lane.Terminal.Totals.Count, Is.Zero);
        });
    }

    [Test]
    public async Task Settle_and_lock_with_a_difference_stays_closed_until_another_verdict()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        await OrderAsync(lane, CommandKind.SettleAndLock, "s1");
        var settlement = await SettledAsync(lane, "s1");
        await VerdictAsync(lane, "s1", settlement.SettlementId, SettlementVerdict.Types.Result.Difference);
        await StageAsync(lane, "s1", CommandStage.Blocked);

        Assert.Multiple(() =>
        {
            Assert.That(lane.Journal.Entries[^1].Command.Reason, Is.EqualTo(ReasonCodes.CountersDiffer));
            Assert.That(lane.Agent!.Gate.Position.State, Is.EqualTo(GateChange.Types.State.Draining));
        });
        await lane.RestartAgentAsync();
        Assert.That((await lane.SellAsync(100)).ResultCode, Is.EqualTo(0xE4));
        await VerdictAsync(lane, "s1", settlement.SettlementId, SettlementVerdict.Types.Result.Balanced);
        Assert.That((await EndAsync(lane, "s1")).Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That(lane.Journal.Entries.Count(static e => e.Settlement is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task Settle_and_lock_without_a_host_keeps_trying_and_settles_once()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        lane.Host.Change(static r => r with { Down = true });
        await OrderAsync(lane, CommandKind.SettleAndLock, "s1");
        await StageAsync(lane, "s1", CommandStage.Blocked);
        Assert.That(lane.Journal.Entries[^1].Command.Reason, Is.EqualTo(ReasonCodes.SettlementFailed));
        lane.Host.Change(static r => r with { Down = false });
        var settlement = await SettledAsync(lane, "s1");
        await VerdictAsync(lane, "s1", settlement.SettlementId, SettlementVerdict.Types.Result.Balanced);
        await EndAsync(lane, "s1");
        Assert.That(settlement.Terminal.Sum.MinorUnits, Is.EqualTo(1234));
        Assert.That(Stages(lane, "s1").Count(static s => s == CommandStage.Blocked), Is.EqualTo(1), "blocked is told once");
    }

    [Test]
    public async Task Settle_and_lock_waits_for_the_server_and_says_so()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.UploadPatience = TimeSpan.FromMilliseconds(200));
        lane.Journal.AcknowledgesAtOnce = false;
        await OrderAsync(lane, CommandKind.SettleAndLock, "s1");
        await StageAsync(lane, "s1", CommandStage.Blocked);
        Assert.That(lane.Journal.Entries[^1].Command.Reason, Is.EqualTo(ReasonCodes.EntriesUnsent));
        lane.Journal.AcknowledgesAtOnce = true;
        var settlement = await SettledAsync(lane, "s1");
        await lane.Journal.AcknowledgeAsync(lane.Journal.Position.Epoch, lane.Journal.Position.LastSequence, CancellationToken.None);
        await VerdictAsync(lane, "s1", settlement.SettlementId, SettlementVerdict.Types.Result.Balanced);
        await EndAsync(lane, "s1");
    }

    [Test]
    public async Task Retire_erases_after_its_final_entry_is_held_and_only_ever_answers_retired()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        await OrderAsync(lane, CommandKind.Retire, "r1");
        var settlement = await SettledAsync(lane, "r1");
        await StageAsync(lane, "r1", CommandStage.Reconciling);
        await VerdictAsync(lane, "r1", settlement.SettlementId, SettlementVerdict.Types.Result.Balanced);
        await EndAsync(lane, "r1");

        // Noted, too: an agent that ends before the note erases again at its next start, which does no harm.
        await Eventually.TrueAsync(() => lane.Agent!.Commands.Find("r1") is { Erased: true }, "erased");

        Assert.Multiple(() =>
        {
            Assert.That(Stages(lane, "r1")[^2..], Is.EqualTo(new[] { CommandStage.Erasing, CommandStage.Succeeded }));
            Assert.That(lane.Terminal.Memory.Tid, Is.EqualTo("00000000"), "the terminal id is gone from the device");
        });
        await using var till = await lane.ConnectAsync();
        await till.SendAsync("05 01 00");
        await till.ExpectAsync("80 00 00");
        await till.ExpectAsync("06 1E 01 E4");
        await lane.RestartAgentAsync();
        await OrderAsync(lane, CommandKind.Enable, "e1");
        Assert.That((await EndAsync(lane, "e1")).Reason, Is.EqualTo(ReasonCodes.TerminalRetired));
        Assert.That(lane.Fleet.Erasures, Is.EqualTo(1), "not erased a second time");
    }

    [Test]
    public async Task Scheduled_command_can_be_cancelled_and_a_begun_one_cannot()
    {
        await using var lane = await LaneWorld.StartAsync();
        var later = lane.Fleet.Order(CommandKind.Disable, "d1");
        later.NotBeforeUnixMicros = later.ExpiresUnixMicros - 1;
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(later), CancellationToken.None);
        await CancelAsync(lane, "d1");
        Assert.That((await EndAsync(lane, "d1")).Stage, Is.EqualTo(CommandStage.Cancelled));

        await OrderAsync(lane, CommandKind.SettleAndLock, "s1");
        await StageAsync(lane, "s1", CommandStage.Reconciling);
        await CancelAsync(lane, "s1");
        var answer = lane.Journal.Entries[^1].Command;
        Assert.That((answer.Stage, answer.Reason), Is.EqualTo((CommandStage.Reconciling, ReasonCodes.TooLateToCancel)));
    }

    [Test]
    public async Task Cancel_that_overtakes_its_command_ends_it_before_it_begins()
    {
        await using var lane = await LaneWorld.StartAsync();
        await CancelAsync(lane, "d1");
        await OrderAsync(lane, CommandKind.Disable, "d1");
        Assert.That(lane.Agent!.Gate.Position.IsOpen, Is.True);
        Assert.That(Stages(lane, "d1"), Is.All.EqualTo(CommandStage.Cancelled));
    }

    private static Task OrderAsync(LaneWorld lane, CommandKind kind, string id) =>
        lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(lane.Fleet.Order(kind, id)), CancellationToken.None);

    private static Task CancelAsync(LaneWorld lane, string id) =>
        lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Cancel, lane.Fleet.Sign(lane.Fleet.Cancel(id)), CancellationToken.None);

    private static Task VerdictAsync(LaneWorld lane, string id, string settlementId, SettlementVerdict.Types.Result result) =>
        lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Verdict, lane.Fleet.Sign(lane.Fleet.Verdict(id, settlementId, result)), CancellationToken.None);

    private static List<CommandStage> Stages(LaneWorld lane, string id) =>
        [.. lane.Journal.Entries.Where(e => e.Command?.CommandId == id).Select(static e => e.Command.Stage)];

    private static Task StageAsync(LaneWorld lane, string id, CommandStage stage) =>
        Eventually.TrueAsync(() => Stages(lane, id).Contains(stage), $"{id} reaches {stage}, it has {string.Join(' ', Stages(lane, id))}");

    private static async Task<CommandEvent> EndAsync(LaneWorld lane, string id)
    {
        await Eventually.TrueAsync(() => lane.Agent!.Commands.Find(id) is { IsFinal: true }, $"{id} ends, it has {string.Join(' ', Stages(lane, id))}");
        return lane.Journal.Entries.Last(e => e.Command?.CommandId == id).Command;
    }

    private static async Task<Settlement> SettledAsync(LaneWorld lane, string id)
    {
        await Eventually.TrueAsync(() => lane.Journal.Entries.Any(e => e.Settlement?.CommandId == id), $"{id} settles");
        return lane.Journal.Entries.Single(e => e.Settlement?.CommandId == id).Settlement;
    }
}
