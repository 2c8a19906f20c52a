using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Commands;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Commands;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class CommandQueueTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [Test]
    public async Task Command_is_marked_sent_exactly_once()
    {
        await World.ActivateAsync();
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        var row = (await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single();

        var marks = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => World.Queue.MarkSentAsync(row, [(byte)i], CancellationToken.None)));

        Assert.That(marks.Count(static m => m), Is.EqualTo(1));
        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Sent));
        Assert.That((await World.Queue.UnansweredAsync(Lane, CancellationToken.None)).Single().Envelope, Is.EqualTo(new[] { (byte)Array.IndexOf(marks, true) }));
    }

    [Test]
    public async Task Cancelled_command_is_not_sent()
    {
        await World.ActivateAsync();
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        var row = (await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single();
        await World.Desk.CancelAsync(command.Id, "no", StorageWorld.Anna, CancellationToken.None);

        Assert.That(await World.Queue.MarkSentAsync(row, [1], CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Expired_command_is_not_sent_even_before_the_sweep()
    {
        await World.ActivateAsync();
        StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, ttl: TimeSpan.FromMinutes(1)));
        var row = (await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single();
        World.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.That(await World.Queue.MarkSentAsync(row, [1], CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Queue_is_in_the_order_of_the_counters()
    {
        await World.ActivateAsync();
        await World.AskAsync(CommandKind.Disable);
        await World.AskAsync(CommandKind.SettleAndLock);

        var queued = await World.Queue.QueuedAsync(Lane, CancellationToken.None);

        Assert.That(queued.Select(static c => c.Counter), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task Validity_that_ends_before_sending_is_expired_and_after_it_is_unknown()
    {
        await World.ActivateAsync("lane1");
        await World.ActivateAsync("lane2");
        var queued = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, "lane1"));
        var sent = await World.SentAsync(CommandKind.Disable, "lane2");
        var due = await World.Queue.NextSweepAsync(CancellationToken.None);
        World.Clock.Advance(TimeSpan.FromHours(24));

        var moved = await World.Queue.SweepAsync(CancellationToken.None);

        Assert.That(due, Is.EqualTo(queued.Expires));
        Assert.That(moved, Is.EqualTo(2));
        Assert.That((await World.CommandAsync(queued.Id)).State, Is.EqualTo(CommandState.Expired));
        Assert.That((await World.CommandAsync(sent.Id)).State, Is.EqualTo(CommandState.Unknown));
        Assert.That((await World.CommandAsync(sent.Id)).StateReason, Is.EqualTo(ReasonCodes.Expired));
        Assert.That(await World.Queue.NextSweepAsync(CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Accepted_command_does_not_expire_here()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Accepted));
        World.Clock.Advance(TimeSpan.FromDays(40));

        await World.Queue.SweepAsync(CancellationToken.None);

        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Accepted));
    }

    [Test]
    public async Task Unknown_command_is_settled_by_the_agents_late_word()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Disable);
        World.Clock.Advance(TimeSpan.FromHours(25));
        await World.Queue.SweepAsync(CancellationToken.None);
        var repeated = await World.Queue.UnansweredAsync(Lane, CancellationToken.None);

        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Refused, ReasonCodes.Expired));

        Assert.That(repeated.Single().Id, Is.EqualTo(command.Id));
        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Expired));
    }

    [Test]
    public async Task Scheduled_command_that_could_not_be_delivered_is_queued_when_its_time_comes()
    {
        await World.ActivateAsync();
        var start = World.Clock.GetUtcNow().AddHours(2);
        var scheduled = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, start: start));
        var early = await World.Queue.SweepAsync(CancellationToken.None);
        var due = await World.Queue.NextSweepAsync(CancellationToken.None);
        World.Clock.Advance(TimeSpan.FromHours(2));

        await World.Queue.SweepAsync(CancellationToken.None);

        var command = await World.CommandAsync(scheduled.Id);
        Assert.That((scheduled.State, scheduled.Counter, early, due), Is.EqualTo((CommandState.Scheduled, 1L, 0, (DateTimeOffset?)start)));
        Assert.That((command.State, command.Counter), Is.EqualTo((CommandState.Queued, 1L)));
        Assert.That(command.Moves[^1].Actor, Is.EqualTo(Actor.Server));
    }

    [Test]
    public async Task Scheduled_command_is_to_be_delivered_ahead_in_the_order_of_release()
    {
        await World.ActivateAsync();
        var scheduled = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, start: World.Clock.GetUtcNow().AddHours(2)));
        var atOnce = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));

        var queued = await World.Queue.QueuedAsync(Lane, CancellationToken.None);
        var marked = await World.Queue.MarkSentAsync(queued[0], [1], CancellationToken.None);
        World.Clock.Advance(TimeSpan.FromHours(3));
        await World.Queue.SweepAsync(CancellationToken.None);

        Assert.That(queued.Select(static c => (c.Id, c.Counter)), Is.EqualTo(new[] { (scheduled.Id, 1L), (atOnce.Id, 2L) }));
        Assert.That((marked, (await World.CommandAsync(scheduled.Id)).State), Is.EqualTo((true, CommandState.Sent)), "from then on its start is the agent's matter");
    }

    [Test]
    public async Task Command_that_starts_later_at_the_agent_stops_no_other()
    {
        var journal = await World.ActivateAsync();
        var scheduled = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, start: World.Clock.GetUtcNow().AddHours(2)));
        await World.Queue.MarkSentAsync((await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single(), [1], CancellationToken.None);
        await World.StoreAsync(journal, journal.Command(scheduled.Id, CommandStage.Accepted));

        Assert.That((await World.AskAsync(CommandKind.Disable)).Refusal, Is.Null);
        World.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That((await World.AskAsync(CommandKind.DisplayMessage)).Refusal?.Code, Is.EqualTo(ReasonCodes.ConflictingCommand), "now it may have begun");
    }

    [Test]
    public async Task Command_that_was_overtaken_by_an_export_gets_a_higher_counter()
    {
        await World.ActivateAsync();
        var scheduled = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, start: World.Clock.GetUtcNow().AddHours(2)));
        var before = (await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single();
        var carried = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        await ExportAsync(carried.Id, static _ => [1]);

        Assert.That((await World.CommandAsync(scheduled.Id)).Counter, Is.EqualTo(3));
        Assert.That(await World.Queue.MarkSentAsync(before, [1], CancellationToken.None), Is.False, "signed with the counter before");
        Assert.That(await World.Queue.MarkSentAsync((await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single(), [1], CancellationToken.None), Is.True);
    }

    [Test]
    public async Task Lost_terminal_is_asked_to_drop_what_it_was_given_ahead()
    {
        var journal = await World.ActivateAsync();
        var scheduled = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, start: World.Clock.GetUtcNow().AddHours(2)));
        await World.Queue.MarkSentAsync((await World.Queue.QueuedAsync(Lane, CancellationToken.None)).Single(), [1], CancellationToken.None);
        await World.StoreAsync(journal, journal.Command(scheduled.Id, CommandStage.Accepted));

        await World.Registry.ReportAsync(Lane, lost: true, "stolen", StorageWorld.Anna, CancellationToken.None);

        Assert.That((await World.Queue.CancellationsAsync(Lane, CancellationToken.None)).Single().Id, Is.EqualTo(scheduled.Id));
    }

    [Test]
    public async Task Cancel_that_came_too_late_is_answered_definitely_and_not_asked_again()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Accepted));
        await World.Desk.CancelAsync(command.Id, "changed our mind", StorageWorld.Anna, CancellationToken.None);
        var asked = await World.CommandAsync(command.Id);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Draining));
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Draining, ReasonCodes.TooLateToCancel));

        var answered = await World.CommandAsync(command.Id);
        Assert.That((asked.CancelRequested, answered.CancelRequested), Is.EqualTo((true, false)));
        Assert.That((answered.State, answered.StateReason), Is.EqualTo((CommandState.Draining, ReasonCodes.TooLateToCancel)));
        Assert.That(await World.Queue.CancellationsAsync(Lane, CancellationToken.None), Is.Empty);
    }

    [Test]
    public async Task Cancel_that_crosses_the_end_is_answered_without_an_alarm()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Disable);
        await World.Desk.CancelAsync(command.Id, "changed our mind", StorageWorld.Anna, CancellationToken.None);
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Succeeded));
        await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Succeeded, ReasonCodes.TooLateToCancel));

        var answered = await World.CommandAsync(command.Id);
        Assert.That((answered.State, answered.StateReason, answered.CancelRequested), Is.EqualTo((CommandState.Succeeded, ReasonCodes.TooLateToCancel, false)));
        Assert.That(answered.Moves, Has.None.Matches<CommandMove>(static m => m.Reason == AlarmCodes.LateResult));
    }

    [Test]
    public async Task Scheduled_command_whose_gate_closed_meanwhile_is_cancelled_with_the_reason()
    {
        await World.ActivateAsync();
        var scheduled = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, start: World.Clock.GetUtcNow().AddHours(1)));
        await World.Registry.ReportAsync(Lane, lost: true, "stolen", StorageWorld.Anna, CancellationToken.None);
        World.Clock.Advance(TimeSpan.FromHours(1));

        await World.Queue.SweepAsync(CancellationToken.None);

        var command = await World.CommandAsync(scheduled.Id);
        Assert.That((command.State, command.StateReason), Is.EqualTo((CommandState.Cancelled, ReasonCodes.StateForbids)));
    }

    [Test]
    public async Task Quick_event_shows_progress_and_never_ends_a_command()
    {
        await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Disable);

        await World.Queue.QuickEventAsync(Lane, new CommandEvent { CommandId = command.Id, Stage = CommandStage.Accepted }, CancellationToken.None);
        await World.Queue.QuickEventAsync(Lane, new CommandEvent { CommandId = command.Id, Stage = CommandStage.Succeeded }, CancellationToken.None);

        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Accepted));
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Active));
    }

    [Test]
    public async Task Quick_event_of_another_terminal_moves_nothing()
    {
        await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Disable);

        await World.Queue.QuickEventAsync(TerminalId.Parse("lane2"), new CommandEvent { CommandId = command.Id, Stage = CommandStage.Accepted }, CancellationToken.None);

        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Sent));
    }

    [Test]
    public async Task Exported_command_counts_as_sent_and_is_the_same_bytes_again()
    {
        await World.ActivateAsync();
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        var signed = 0;

        var first = await ExportAsync(command.Id, _ => [1, (byte)++signed]);
        var second = await ExportAsync(command.Id, _ => [1, (byte)++signed]);

        Assert.That(first.Value, Is.EqualTo(new byte[] { 1, 1 }));
        Assert.That(second.Value, Is.EqualTo(first.Value));
        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Sent));
    }

    [Test]
    public async Task Exported_command_that_is_scheduled_leaves_with_its_start_time()
    {
        await World.ActivateAsync();
        var start = World.Clock.GetUtcNow().AddHours(3);
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, start: start));
        CommandRow? seen = null;

        await ExportAsync(command.Id, row =>
        {
            seen = row;
            return [1];
        });

        Assert.That((seen!.NotBefore, seen.Counter), Is.EqualTo(((DateTimeOffset?)start, 1L)));
        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Sent));
    }

    [Test]
    public async Task Command_that_is_over_cannot_be_exported()
    {
        await World.ActivateAsync();
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        await World.Desk.CancelAsync(command.Id, "no", StorageWorld.Anna, CancellationToken.None);

        Assert.That((await ExportAsync(command.Id, static _ => [1])).Refusal?.Code, Is.EqualTo(ReasonCodes.StateForbids));
        Assert.That((await ExportAsync("unknown", static _ => [1])).Refusal?.Kind, Is.EqualTo(RefusalKind.NotFound));
    }

    private Task<Answer<byte[]>> ExportAsync(string id, Func<CommandRow, byte[]> sign) => World.Queue.ExportAsync(id, sign, StorageWorld.Anna, CancellationToken.None);
}
