using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;
using Google.Protobuf;

namespace Fleet.Server.Storage.Tests.Commands;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class CommandProgressTests(EngineUnderTest engine) : StorageFixture(engine)
{
    [Test]
    public async Task Disable_and_enable_that_succeeded_move_the_terminal()
    {
        var journal = await World.ActivateAsync();
        var disable = await World.SentAsync(CommandKind.Disable);
        await World.StoreAsync(journal, journal.Command(disable.Id, CommandStage.Accepted));
        var onlyAccepted = await World.TerminalAsync();
        await World.StoreAsync(journal, journal.Command(disable.Id, CommandStage.Succeeded, enforcement: EnforcementLevel.Gate));
        var disabled = await World.TerminalAsync();
        var enable = await World.SentAsync(CommandKind.Enable);
        await World.StoreAsync(journal, journal.Command(enable.Id, CommandStage.Succeeded));

        Assert.That(onlyAccepted.State, Is.EqualTo(TerminalState.Active));
        Assert.That((disabled.State, disabled.SuspensionKind), Is.EqualTo((TerminalState.Suspended, SuspensionKinds.Disabled)));
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Active));
        var command = await World.CommandAsync(disable.Id);
        Assert.That((command.State, command.Enforcement), Is.EqualTo((CommandState.Succeeded, EnforcementLevel.Gate)));
        Assert.That(command.Moves.Select(static m => m.To), Is.EqualTo(new[] { CommandState.Queued, CommandState.Sent, CommandState.Accepted, CommandState.Succeeded }));
        Assert.That(command.Moves[^1].Actor, Is.EqualTo(Actor.Agent(journal.Terminal)));
    }

    [Test]
    public async Task Sending_alone_moves_no_terminal()
    {
        await World.ActivateAsync();
        await World.SentAsync(CommandKind.Disable);

        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Active));
    }

    [Test]
    public async Task Journal_copy_after_the_quick_copy_moves_the_terminal_and_adds_no_second_move()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        await World.Queue.QuickEventAsync(journal.Terminal, new CommandEvent { CommandId = command.Id, Stage = CommandStage.Draining }, CancellationToken.None);
        var quick = await World.TerminalAsync();

        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Draining));

        Assert.That(quick.State, Is.EqualTo(TerminalState.Active));
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Settling));
        Assert.That((await World.CommandAsync(command.Id)).Moves.Count(static m => m.To == CommandState.Draining), Is.EqualTo(1));
    }

    [Test]
    public async Task Success_of_a_closing_command_alone_neither_ends_it_nor_locks_the_terminal()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Draining));

        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Succeeded));

        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Draining));
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Settling));
        Assert.That((await World.Closings.PendingAsync(CancellationToken.None)).Single().CommandId, Is.EqualTo(command.Id));
    }

    [TestCase(GateChange.Types.State.Open, TerminalState.Active)]
    [TestCase(GateChange.Types.State.Disabled, TerminalState.Suspended)]
    public async Task Closing_that_is_given_up_leaves_the_terminal_where_its_gate_is(GateChange.Types.State gate, TerminalState expected)
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        var from = journal.Command(command.Id, CommandStage.Draining);
        journal.Gate(GateChange.Types.State.Open, GateChange.Types.State.Draining);
        journal.Gate(GateChange.Types.State.Draining, gate);
        journal.Command(command.Id, CommandStage.Failed, ReasonCodes.SettlementFailed);

        await World.StoreAsync(journal, from);

        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(expected));
        Assert.That((await World.CommandAsync(command.Id)).StateReason, Is.EqualTo(ReasonCodes.SettlementFailed));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM gate_changes"), Is.EqualTo(2));
    }

    [Test]
    public async Task Command_of_nobody_or_of_another_terminal_is_an_alarm_and_moves_nothing()
    {
        await World.ActivateAsync("lane1");
        var other = await World.ActivateAsync("lane2");
        var command = await World.SentAsync(CommandKind.Disable, "lane1");
        var from = other.Command(command.Id, CommandStage.Succeeded);
        other.Command("no-such-command", CommandStage.Succeeded);

        await World.StoreAsync(other, from);

        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Sent));
        Assert.That((await World.AlarmsAsync("lane2")).Select(static a => a.Code), Is.EqualTo(new[] { AlarmCodes.CommandForeign, AlarmCodes.CommandForeign }));
    }

    [Test]
    public async Task Result_of_a_command_that_was_final_is_a_late_result()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Disable);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Failed, ReasonCodes.TerminalUnreachable));

        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Succeeded));

        var late = await World.CommandAsync(command.Id);
        Assert.That((late.State, late.Moves[^1].Reason), Is.EqualTo((CommandState.Failed, AlarmCodes.LateResult)));
        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(AlarmCodes.LateResult));
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Suspended), "the evidence counts all the same");
    }

    [Test]
    public async Task Blocked_command_tells_a_new_reason_without_leaving_its_state()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Blocked, ReasonCodes.SettlementFailed));
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Blocked, ReasonCodes.SettlementFailed));
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Blocked, ReasonCodes.TerminalUnreachable));

        var blocked = await World.CommandAsync(command.Id);

        Assert.That((blocked.State, blocked.StateReason), Is.EqualTo((CommandState.Blocked, ReasonCodes.TerminalUnreachable)));
        Assert.That(blocked.Moves.Count(static m => m.To == CommandState.Blocked), Is.EqualTo(2));
    }

    [Test]
    public async Task Retire_moves_the_terminal_from_settling_to_retiring()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Retire);
        var from = journal.Command(command.Id, CommandStage.Draining);
        journal.Command(command.Id, CommandStage.Locking);
        journal.Command(command.Id, CommandStage.Erasing);

        await World.StoreAsync(journal, from);

        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Retiring));
        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Locking));
    }

    [Test]
    public async Task Report_and_file_of_a_result_are_kept_and_a_repeated_answer_does_not_wipe_them()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.CollectDiagnostics);
        var done = new CommandEvent
        {
            CommandId = command.Id,
            Stage = CommandStage.Succeeded,
            Report = "host: reached",
            Attachment = new CommandAttachment { Name = "d.zip", Content = ByteString.CopyFrom(1, 2) },
        };
        await World.StoreAsync(journal, journal.Add(e => e.Command = done));
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Succeeded));

        var view = await World.CommandAsync(command.Id);
        var file = StorageWorld.Accepted(await World.Desk.GetAttachmentAsync(command.Id, CancellationToken.None));
        Assert.That((view.State, view.Report, view.AttachmentName), Is.EqualTo((CommandState.Succeeded, "host: reached", "d.zip")));
        Assert.That((file.Name, file.Content), Is.EqualTo(("d.zip", new byte[] { 1, 2 })));
    }

    [Test]
    public async Task Settle_moves_no_terminal_and_gets_no_verdict()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Settle);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Draining));

        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Active));
        Assert.That(await World.Closings.WithoutVerdictAsync(CancellationToken.None), Is.Empty);
        Assert.That((await World.Desk.GetAttachmentAsync(command.Id, CancellationToken.None)).Refusal?.Code, Is.EqualTo(Domain.RefusalCodes.NoAttachment));
    }
}
