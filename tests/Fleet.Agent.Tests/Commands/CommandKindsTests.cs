using Fleet.Agent.Commands;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Commands;

/// <summary>The kinds that neither lock nor open: what they do, what they refuse, and that they never stand in each other's way.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class CommandKindsTests
{
    [Test]
    public async Task Settle_closes_the_batch_and_sales_go_on()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        var done = await DoAsync(lane, CommandKind.Settle);
        var settlement = lane.Journal.Entries.Single(static e => e.Settlement is not null).Settlement;

        Assert.Multiple(() =>
        {
            Assert.That((done.Stage, done.SettlementId), Is.EqualTo((CommandStage.Succeeded, settlement.SettlementId)));
            Assert.That((settlement.Terminal.Count, settlement.Terminal.Sum.MinorUnits, settlement.CommandId), Is.EqualTo((1u, 1234L, "c1")));
            Assert.That(lane.Agent!.Gate.Position.IsOpen, Is.True);
            Assert.That(lane.Terminal.Totals.Count, Is.Zero);
        });
        Assert.That((await lane.SellAsync(100)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Settle_that_the_host_refuses_fails_and_sales_go_on()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        lane.Host.Change(static r => r with { Down = true });
        var done = await DoAsync(lane, CommandKind.Settle);
        lane.Host.Change(static r => r with { Down = false });

        Assert.That((done.Stage, done.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.SettlementFailed)));
        Assert.That((await lane.SellAsync(100)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Settle_of_a_disabled_lane_leaves_it_disabled()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        await DoAsync(lane, CommandKind.Disable, "d1");
        await DoAsync(lane, CommandKind.Settle);

        var position = lane.Agent!.Gate.Position;
        Assert.That((position.State, position.CommandId), Is.EqualTo((GateChange.Types.State.Disabled, "d1")));
        Assert.That(lane.Terminal.Totals.Count, Is.Zero);
    }

    [Test]
    public async Task Settle_without_a_terminal_fails_and_opens_the_gate_again()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.DisablePatience = TimeSpan.FromMilliseconds(200));
        await lane.Terminal.PowerCutAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == Agent.Terminal.LineState.CableOut, "the terminal is gone");
        var done = await DoAsync(lane, CommandKind.Settle);

        Assert.That((done.Stage, done.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.TerminalUnreachable)));
        Assert.That(lane.Agent!.Gate.Position.IsOpen, Is.True);
    }

    [Test]
    public async Task Payment_method_that_is_switched_off_is_refused_until_it_is_on_again()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1000);
        var off = await DoAsync(lane, CommandKind.DisablePaymentMethod, "m1");
        Assert.That(off.Report, Does.Contain("methodsOff: refund"));
        await lane.RestartAgentAsync();
        await lane.ReadyAsync();
        Assert.That((await lane.Till.RefundAsync(300, CancellationToken.None, CancellationToken.None)).ResultCode, Is.EqualTo(0xC5), "also after a restart");
        Assert.That((await lane.SellAsync(100)).Outcome, Is.EqualTo(TillOutcome.Approved), "other payments go on");
        await DoAsync(lane, CommandKind.EnablePaymentMethod, "m2");
        Assert.That((await lane.Till.RefundAsync(300, CancellationToken.None, CancellationToken.None)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Method_that_the_settings_switch_off_cannot_be_commanded_on()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.MethodsOff.Add("Refund"));
        var done = await DoAsync(lane, CommandKind.EnablePaymentMethod);
        Assert.That((done.Stage, done.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.SettingsForbid)));
    }

    [Test]
    public async Task Commanded_cap_refuses_what_is_above_and_the_stricter_one_counts()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.TillSettings.AmountCaps["EUR"] = 200_00);
        Assert.That((await lane.SellAsync(150_00)).Outcome, Is.EqualTo(TillOutcome.Approved));
        await DoAsync(lane, CommandKind.SetLimits, "l1");
        Assert.That((await lane.SellAsync(150_00)).ResultCode, Is.EqualTo(0xC3));
        Assert.That((await lane.SellAsync(99_00)).Outcome, Is.EqualTo(TillOutcome.Approved));

        var lifted = lane.Fleet.Order(CommandKind.SetLimits, "l2");
        lifted.Parameters = new CommandParameters { Limits = new PaymentLimits() };
        await DoAsync(lane, lifted);
        Assert.That((await lane.SellAsync(150_00)).Outcome, Is.EqualTo(TillOutcome.Approved), "lifted");
        Assert.That((await lane.SellAsync(250_00)).ResultCode, Is.EqualTo(0xC3), "the settings hold all the same");
        lane.AssertAgreement();
    }

    [Test]
    public async Task Commanded_offline_count_refuses_what_the_server_would_miss()
    {
        await using var lane = await LaneWorld.StartAsync();
        var order = lane.Fleet.Order(CommandKind.SetLimits, "l1");
        order.Parameters = new CommandParameters { Limits = new PaymentLimits { OfflineCount = 1 } };
        await DoAsync(lane, order);
        lane.Journal.AcknowledgesAtOnce = false;
        Assert.That((await lane.SellAsync(100)).Outcome, Is.EqualTo(TillOutcome.Approved));
        Assert.That((await lane.SellAsync(100)).ResultCode, Is.EqualTo(0x6A));
    }

    [Test]
    public async Task Message_is_shown_on_the_terminal()
    {
        await using var lane = await LaneWorld.StartAsync();
        var done = await DoAsync(lane, CommandKind.DisplayMessage);
        Assert.That((done.Stage, done.Detail), Is.EqualTo((CommandStage.Succeeded, "shown")));
        Assert.That(Stages(lane, "c1"), Is.EqualTo(new[] { CommandStage.Accepted, CommandStage.Executing, CommandStage.Succeeded }));
    }

    [Test]
    public async Task Errand_at_a_terminal_that_is_gone_fails_and_says_so([Values(CommandKind.DisplayMessage, CommandKind.RestartTerminal)] CommandKind kind)
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.DisablePatience = TimeSpan.FromMilliseconds(200));
        await lane.Terminal.PowerCutAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent!.Line.Status.State == Agent.Terminal.LineState.CableOut, "the terminal is gone");
        var done = await DoAsync(lane, kind);
        Assert.That((done.Stage, done.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.TerminalUnreachable)));
    }

    [Test]
    public async Task Clock_of_the_terminal_is_set_to_signed_time_only()
    {
        await using var lane = await LaneWorld.StartAsync();
        var unknown = await DoAsync(lane, CommandKind.SetClock, "t1");
        Assert.That((unknown.Stage, unknown.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.TimeUnknown)));
        await lane.HeartbeatAsync();
        Assert.That((await DoAsync(lane, CommandKind.SetClock, "t2")).Stage, Is.EqualTo(CommandStage.Succeeded));
        var local = TimeProvider.System.GetLocalNow().DateTime;
        Assert.That(TimeProvider.System.GetUtcNow().DateTime + lane.Terminal.Memory.ClockOffset - local, Is.LessThan(TimeSpan.FromSeconds(3)).And.GreaterThan(TimeSpan.FromSeconds(-3)));
    }

    [Test]
    public async Task Signed_time_judges_validity_and_not_this_computers_clock()
    {
        await using var lane = await LaneWorld.StartAsync();
        var inTenYears = TimeProvider.System.GetUtcNow().AddYears(10);
        await lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Heartbeat, lane.Fleet.Heartbeat(inTenYears), CancellationToken.None);
        Assert.That((await DoAsync(lane, CommandKind.Disable, "d1")).Stage, Is.EqualTo(CommandStage.Expired));
        var valid = lane.Fleet.Order(CommandKind.Disable, "d2");
        valid.ExpiresUnixMicros = TestFleet.Micros(inTenYears.AddHours(1));
        Assert.That((await DoAsync(lane, valid)).Stage, Is.EqualTo(CommandStage.Succeeded));
    }

    [Test]
    public async Task Restarted_terminal_answers_again_and_sells()
    {
        await using var lane = await LaneWorld.StartAsync();
        await lane.SellAsync(1234);
        var done = await DoAsync(lane, CommandKind.RestartTerminal);
        Assert.That(done.Stage, Is.EqualTo(CommandStage.Succeeded), done.Detail);
        await lane.ReadyAsync();
        Assert.That((await lane.SellAsync(100)).Outcome, Is.EqualTo(TillOutcome.Approved));
        lane.AssertAgreement();
    }

    [Test]
    public async Task Diagnose_reports_device_and_host()
    {
        await using var lane = await LaneWorld.StartAsync();
        var well = await DoAsync(lane, CommandKind.Diagnose, "g1");
        lane.Host.Change(static r => r with { Down = true });
        var ill = await DoAsync(lane, CommandKind.Diagnose, "g2");

        Assert.Multiple(() =>
        {
            Assert.That(well.Report, Does.Contain("device.tid: " + LaneWorld.Tid).And.Contain("host: reached"));
            Assert.That((ill.Stage, ill.Report), Is.EqualTo((CommandStage.Succeeded, ill.Report)));
            Assert.That(ill.Report, Does.Contain("host: Aborted"));
        });
    }

    [Test]
    public async Task Sync_succeeds_when_the_server_has_everything_and_fails_when_it_does_not_answer()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.UploadPatience = TimeSpan.FromMilliseconds(200));
        Assert.That((await DoAsync(lane, CommandKind.SyncNow, "s1")).Stage, Is.EqualTo(CommandStage.Succeeded));
        lane.Journal.AcknowledgesAtOnce = false;
        var done = await DoAsync(lane, CommandKind.SyncNow, "s2");
        Assert.That((done.Stage, done.Reason), Is.EqualTo((CommandStage.Failed, ReasonCodes.EntriesUnsent)));
    }

    [Test]
    public async Task Disable_takes_the_place_of_a_sync_that_waits()
    {
        await using var lane = await LaneWorld.StartAsync(static l => l.Fleet.Options.UploadPatience = TimeSpan.FromMinutes(10));
        lane.Journal.AcknowledgesAtOnce = false;
        await SendAsync(lane, lane.Fleet.Order(CommandKind.SyncNow, "s1"));
        await Eventually.TrueAsync(() => Stages(lane, "s1").Contains(CommandStage.Uploading), "the sync waits");
        Assert.That((await DoAsync(lane, CommandKind.Disable, "d1")).Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That(lane.Agent!.Commands.Find("s1")!.EndReason, Is.EqualTo(ReasonCodes.ConflictingCommand));
    }

    [Test]
    public async Task Question_is_answered_beside_a_settlement_that_waits_for_the_server()
    {
        await using var lane = await LaneWorld.StartAsync();
        await SendAsync(lane, lane.Fleet.Order(CommandKind.SettleAndLock, "s1"));
        await Eventually.TrueAsync(() => lane.Agent!.Commands.Find("s1")!.Stage == CommandStage.Reconciling, "waits for the verdict");
        Assert.That((await DoAsync(lane, CommandKind.Diagnose, "g1")).Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That((await DoAsync(lane, CommandKind.SetLimits, "l1")).Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That((await DoAsync(lane, CommandKind.DisplayMessage, "m1")).Reason, Is.EqualTo(ReasonCodes.ConflictingCommand));
        var record = lane.Agent!.Commands.Find("s1")!;
        var verdict = lane.Fleet.Verdict("s1", record.SettlementId, SettlementVerdict.Types.Result.Balanced);
        await lane.Agent.Inbox.ReceiveAsync(LinkChannel.Verdict, lane.Fleet.Sign(verdict), CancellationToken.None);
        await Eventually.TrueAsync(() => lane.Agent.Commands.Find("s1") is { Stage: CommandStage.Succeeded }, "the settlement goes on");
    }

    [Test]
    public async Task Parameter_that_makes_no_sense_is_refused_by_the_agent_too()
    {
        await using var lane = await LaneWorld.StartAsync();
        var order = lane.Fleet.Order(CommandKind.SetLimits, "l1");
        order.Parameters = null;
        var done = await DoAsync(lane, order);
        Assert.That((done.Stage, done.Reason), Is.EqualTo((CommandStage.Refused, ReasonCodes.ParametersInvalid)));
        Assert.That(done.Detail, Does.Contain("parameters.limits"));
    }

    [Test]
    public async Task Configuration_is_applied_and_reported_or_refused_as_a_whole()
    {
        await using var lane = await LaneWorld.StartAsync();
        var done = await DoAsync(lane, CommandKind.ApplyConfiguration, "a1");
        Assert.That((done.Stage, done.Report), Is.EqualTo((CommandStage.Succeeded, "till.language: de")));
        Assert.That(lane.Fleet.Configuration.Applied, Is.EqualTo(new[] { KeyValuePair.Create("till.language", "de") }));

        var wrong = lane.Fleet.Order(CommandKind.ApplyConfiguration, "a2");
        wrong.Parameters.Configuration.Add(new ConfigurationSetting { Key = "no.such", Value = "1" });
        var refused = await DoAsync(lane, wrong);
        Assert.That((refused.Stage, refused.Reason, refused.Report), Is.EqualTo((CommandStage.Failed, ReasonCodes.ParametersInvalid, "no.such")));
        Assert.That(lane.Fleet.Configuration.Applied, Has.Count.EqualTo(1), "nothing of it was applied");
        Assert.That(await ConfigurationPlan.ReadAsync(lane.Journal, CancellationToken.None), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Configuration_is_in_force_before_its_success_is_told()
    {
        await using var lane = await LaneWorld.StartAsync();
        CommandStage? told = null;
        lane.Fleet.Configuration.Applying = () => told = lane.Agent!.Commands.Find("a1")!.Stage;
        Assert.That((await DoAsync(lane, CommandKind.ApplyConfiguration, "a1")).Stage, Is.EqualTo(CommandStage.Succeeded));
        Assert.That(told, Is.Not.Null.And.Not.EqualTo(CommandStage.Succeeded));
    }

    [Test]
    public async Task Diagnostics_travel_with_the_result()
    {
        await using var lane = await LaneWorld.StartAsync();
        var done = await DoAsync(lane, CommandKind.CollectDiagnostics);
        Assert.That(done.Attachment.Name, Does.StartWith("diagnostics-").And.EndsWith(".zip"));
        Assert.That(done.Attachment.Content.ToByteArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task Every_kind_of_the_table_can_be_executed()
    {
        await using var lane = await LaneWorld.StartAsync();
        Assert.That(CommandKinds.All.Where(r => !lane.Agent!.Executor.Knows(r.Kind)).Select(static r => r.Word), Is.Empty);
    }

    [TestCase("Please call the office", new[] { "Please call the", "office" })]
    [TestCase("0123456789012345678901234", new[] { "01234567890123456789", "01234" })]
    [TestCase("  ", new string[0])]
    public void Text_is_broken_at_words(string text, string[] lines) => Assert.That(TerminalText.Lines(text), Is.EqualTo(lines));

    private static Task<CommandEvent> DoAsync(LaneWorld lane, CommandKind kind, string id = "c1") => DoAsync(lane, lane.Fleet.Order(kind, id));

    private static async Task<CommandEvent> DoAsync(LaneWorld lane, Command order)
    {
        await SendAsync(lane, order);
        await Eventually.TrueAsync(
            () => lane.Agent!.Commands.Find(order.CommandId) is { IsFinal: true }, $"{order.Kind} ends, it has {string.Join(' ', Stages(lane, order.CommandId))}");
        return lane.Journal.Entries.Last(e => e.Command?.CommandId == order.CommandId).Command;
    }

    private static Task SendAsync(LaneWorld lane, Command order) =>
        lane.Agent!.Inbox.ReceiveAsync(LinkChannel.Command, lane.Fleet.Sign(order), CancellationToken.None);

    private static List<CommandStage> Stages(LaneWorld lane, string id) =>
        [.. lane.Journal.Entries.Where(e => e.Command?.CommandId == id).Select(static e => e.Command.Stage)];
}
