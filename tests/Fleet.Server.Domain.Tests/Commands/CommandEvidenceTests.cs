using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Tests.Commands;

public sealed class CommandEvidenceTests
{
    [TestCase(CommandStage.Accepted, "", CommandTrigger.AgentAccepted)]
    [TestCase(CommandStage.Refused, ReasonCodes.CounterReplayed, CommandTrigger.AgentFailed)]
    [TestCase(CommandStage.Refused, ReasonCodes.Expired, CommandTrigger.AgentExpired)]
    [TestCase(CommandStage.Executing, "", CommandTrigger.AgentExecuting)]
    [TestCase(CommandStage.Draining, "", CommandTrigger.AgentDraining)]
    [TestCase(CommandStage.Settling, "", CommandTrigger.AgentSettling)]
    [TestCase(CommandStage.Uploading, "", CommandTrigger.AgentUploading)]
    [TestCase(CommandStage.Reconciling, "", CommandTrigger.AgentReconciling)]
    [TestCase(CommandStage.Locking, "", CommandTrigger.AgentLocking)]
    [TestCase(CommandStage.Erasing, "", CommandTrigger.AgentLocking)]
    [TestCase(CommandStage.Succeeded, "", CommandTrigger.AgentSucceeded)]
    [TestCase(CommandStage.Failed, "", CommandTrigger.AgentFailed)]
    [TestCase(CommandStage.Blocked, ReasonCodes.CountersDiffer, CommandTrigger.AgentBlocked)]
    [TestCase(CommandStage.Expired, "", CommandTrigger.AgentExpired)]
    [TestCase(CommandStage.Cancelled, "", CommandTrigger.AgentCancelled)]
    public void Stage_is_a_trigger_of_the_command_table(CommandStage stage, string reason, CommandTrigger trigger) =>
        Assert.That(CommandEvidence.TriggerOf(stage, reason), Is.EqualTo(trigger));

    [Test]
    public void Every_known_stage_has_a_trigger() =>
        Assert.That(Enum.GetValues<CommandStage>().Where(static s => CommandEvidence.TriggerOf(s, string.Empty) is null), Is.EqualTo(new[] { CommandStage.Unspecified }));

    [Test]
    public void Stage_of_a_newer_agent_moves_nothing() => Assert.That(CommandEvidence.TriggerOf((CommandStage)99, string.Empty), Is.Null);

    [TestCase(CommandKind.Disable, CommandStage.Succeeded, TerminalEvent.Disabled)]
    [TestCase(CommandKind.Enable, CommandStage.Succeeded, TerminalEvent.Enabled)]
    [TestCase(CommandKind.SettleAndLock, CommandStage.Draining, TerminalEvent.ClosingBegan)]
    [TestCase(CommandKind.Retire, CommandStage.Draining, TerminalEvent.ClosingBegan)]
    [TestCase(CommandKind.Retire, CommandStage.Locking, TerminalEvent.ErasureBegan)]
    [TestCase(CommandKind.Retire, CommandStage.Erasing, TerminalEvent.ErasureBegan)]
    public void Stage_that_proves_something_about_the_terminal_is_an_event(CommandKind kind, CommandStage stage, TerminalEvent expected) =>
        Assert.That(CommandEvidence.TerminalEventOf(kind, stage), Is.EqualTo(expected));

    [TestCase(CommandKind.SettleAndLock)]
    [TestCase(CommandKind.Retire)]
    public void Success_of_a_closing_command_proves_nothing_without_its_settlement(CommandKind kind) =>
        Assert.That(CommandEvidence.TerminalEventOf(kind, CommandStage.Succeeded), Is.Null);

    [TestCase(CommandKind.Disable, CommandStage.Accepted)]
    [TestCase(CommandKind.Disable, CommandStage.Failed)]
    [TestCase(CommandKind.SettleAndLock, CommandStage.Locking)]
    [TestCase(CommandKind.Retire, CommandStage.Blocked)]
    public void Other_stages_leave_the_terminal_where_it_is(CommandKind kind, CommandStage stage) =>
        Assert.That(CommandEvidence.TerminalEventOf(kind, stage), Is.Null);

    [TestCase(GateChange.Types.State.Open, TerminalEvent.ClosingGivenUp)]
    [TestCase(GateChange.Types.State.Disabled, TerminalEvent.ClosingGivenUpSuspended)]
    [TestCase(GateChange.Types.State.Draining, null)]
    [TestCase(GateChange.Types.State.Locked, null)]
    [TestCase(GateChange.Types.State.Retired, null)]
    public void Gate_that_opens_or_falls_back_gives_a_closing_up(GateChange.Types.State gate, TerminalEvent? expected) =>
        Assert.That(CommandEvidence.TerminalEventOf(gate), Is.EqualTo(expected));

    [Test]
    public void Closed_event_is_of_the_kind()
    {
        Assert.That(CommandEvidence.ClosedEvent(CommandKind.SettleAndLock), Is.EqualTo(TerminalEvent.LockProven));
        Assert.That(CommandEvidence.ClosedEvent(CommandKind.Retire), Is.EqualTo(TerminalEvent.RetirementProven));
        Assert.That(static () => CommandEvidence.ClosedEvent(CommandKind.Disable), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
