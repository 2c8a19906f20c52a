using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Commands;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Commands;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class CommandDeskTests(EngineUnderTest engine) : StorageFixture(engine)
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    [Test]
    public async Task Command_is_queued_with_its_first_move()
    {
        await World.ActivateAsync();

        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));

        Assert.Multiple(() =>
        {
            Assert.That(command.State, Is.EqualTo(CommandState.Queued));
            Assert.That(command.Counter, Is.EqualTo(1));
            Assert.That(command.Expires, Is.EqualTo(World.Clock.GetUtcNow().AddHours(24)));
            Assert.That(command.Requester, Is.EqualTo(StorageWorld.Anna));
            Assert.That(command.Moves, Is.EqualTo(new[]
            {
                new CommandMove(CommandState.Requested, CommandState.Queued, World.Clock.GetUtcNow(), StorageWorld.Anna, string.Empty, "season is over"),
            }));
        });
    }

    [Test]
    public async Task Counters_of_a_terminal_strictly_increase_and_terminals_do_not_share_them()
    {
        await World.ActivateAsync("lane1");
        await World.ActivateAsync("lane2");

        var first = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        var second = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock));
        var other = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, "lane2"));

        Assert.That((first.Counter, second.Counter, other.Counter), Is.EqualTo((1, 2, 1)));
    }

    [Test]
    public async Task Counters_increase_under_a_race()
    {
        foreach (var lane in Enumerable.Range(1, 3))
        {
            await World.ActivateAsync($"lane{lane}");
        }

        CommandKind[] kinds = [CommandKind.Disable, CommandKind.SettleAndLock];
        var asked = await Task.WhenAll(
            from lane in Enumerable.Range(1, 3)
            from kind in kinds
            select Task.Run(() => World.AskAsync(kind, $"lane{lane}")));

        foreach (var lane in asked.Select(StorageWorld.Accepted).GroupBy(static c => c.Terminal))
        {
            Assert.That(lane.Select(static c => c.Counter), Is.EquivalentTo(new[] { 1, 2 }));
        }
    }

    [TestCase(CommandKind.Enable, TerminalState.Active, ReasonCodes.StateForbids)]
    [TestCase(CommandKind.Disable, TerminalState.Suspended, ReasonCodes.StateForbids)]
    [TestCase(CommandKind.Disable, TerminalState.Registered, ReasonCodes.StateForbids)]
    [TestCase(CommandKind.SettleAndLock, TerminalState.Locked, ReasonCodes.StateForbids)]
    [TestCase(CommandKind.Retire, TerminalState.Lost, ReasonCodes.StateForbids)]
    [TestCase(CommandKind.Enable, TerminalState.Retired, ReasonCodes.TerminalRetired)]
    public async Task Gate_that_refuses_is_named_and_nothing_is_stored(CommandKind kind, TerminalState state, string code)
    {
        await World.RegisterAsync();
        await SetStateAsync(state);

        var answer = await World.AskAsync(kind);

        Assert.That((answer.Refusal?.Kind, answer.Refusal?.Code, answer.Refusal?.Subject), Is.EqualTo((RefusalKind.FailedPrecondition, code, "terminals/lane1")));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM commands"), Is.Zero);
    }

    [Test]
    public async Task Second_closing_command_is_refused_and_the_first_is_named()
    {
        await World.ActivateAsync();
        var first = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock));

        var second = await World.AskAsync(CommandKind.Retire);

        Assert.That((second.Refusal?.Code, second.Refusal?.Subject), Is.EqualTo((ReasonCodes.ConflictingCommand, $"commands/{first.Id}")));
    }

    [Test]
    public async Task Of_closing_commands_that_race_exactly_one_is_created()
    {
        await World.ActivateAsync();

        var asked = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => World.AskAsync(CommandKind.SettleAndLock))));

        Assert.That(asked.Count(static a => a.Value is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task Repeated_request_is_the_same_command()
    {
        await World.ActivateAsync();
        var first = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, requestId: "r1"));
        World.Clock.Advance(TimeSpan.FromMinutes(1));

        var second = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, requestId: "r1"));
        var other = await World.AskAsync(CommandKind.SettleAndLock, requestId: "r1");

        Assert.That(second.Id, Is.EqualTo(first.Id));
        Assert.That(other.Refusal?.Code, Is.EqualTo(RefusalCodes.RequestIdReused));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM commands"), Is.EqualTo(1));
    }

    [Test]
    public async Task Preview_decides_everything_and_stores_nothing()
    {
        await World.ActivateAsync();
        var ask = new NewCommand(Lane, CommandKind.Disable, "why", string.Empty, null, null, string.Empty);

        var preview = StorageWorld.Accepted(await World.Desk.CreateAsync(ask, validateOnly: true, StorageWorld.Anna, CancellationToken.None));
        var refused = await World.Desk.CreateAsync(ask with { Kind = CommandKind.Enable }, validateOnly: true, StorageWorld.Anna, CancellationToken.None);

        Assert.That(preview.State, Is.EqualTo(CommandState.Queued));
        Assert.That(refused.Refusal?.Code, Is.EqualTo(ReasonCodes.StateForbids));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM commands"), Is.Zero);
        Assert.That(await World.CountAsync("SELECT command_counter FROM terminals"), Is.Zero);
    }

    [Test]
    public async Task Missing_terminal_or_command_is_refused_by_name()
    {
        Assert.That((await World.AskAsync(CommandKind.Disable, "nobody")).Refusal?.Subject, Is.EqualTo("terminals/nobody"));
        Assert.That((await World.Desk.GetAsync("c9", CancellationToken.None)).Refusal?.Subject, Is.EqualTo("commands/c9"));
        Assert.That((await World.Desk.CancelAsync("c9", "no", StorageWorld.Anna, CancellationToken.None)).Refusal?.Subject, Is.EqualTo("commands/c9"));
        Assert.That((await World.Desk.GetClosingProofAsync("c9", CancellationToken.None)).Refusal?.Subject, Is.EqualTo("commands/c9"));
    }

    [Test]
    public async Task Queued_command_is_cancelled_for_good()
    {
        await World.ActivateAsync();
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));

        var answer = StorageWorld.Accepted(await World.Desk.CancelAsync(command.Id, "not today", StorageWorld.Anna, CancellationToken.None));
        var again = StorageWorld.Accepted(await World.Desk.CancelAsync(command.Id, "not today", StorageWorld.Anna, CancellationToken.None));

        Assert.That((answer.Outcome, answer.Command.State), Is.EqualTo((CancelOutcome.Cancelled, CommandState.Cancelled)));
        Assert.That(again.Outcome, Is.EqualTo(CancelOutcome.Cancelled));
        Assert.That(again.Command.Moves, Has.Count.EqualTo(2));
        Assert.That(await World.Queue.QueuedAsync(Lane, CancellationToken.None), Is.Empty);
    }

    [Test]
    public async Task Sent_command_is_cancelled_only_by_its_agent()
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.Disable);

        var answer = StorageWorld.Accepted(await World.Desk.CancelAsync(command.Id, "not today", StorageWorld.Anna, CancellationToken.None));
        var asked = await World.Queue.CancellationsAsync(Lane, CancellationToken.None);
        var from = journal.Command(command.Id, CommandStage.Cancelled);
        await World.StoreAsync(journal, from);

        Assert.That((answer.Outcome, answer.Command.State, answer.Command.CancelRequested), Is.EqualTo((CancelOutcome.AgentAsked, CommandState.Sent, true)));
        Assert.That(asked.Single().CancelReason, Is.EqualTo("not today"));
        Assert.That((await World.CommandAsync(command.Id)).State, Is.EqualTo(CommandState.Cancelled));
        Assert.That(await World.Queue.CancellationsAsync(Lane, CancellationToken.None), Is.Empty);
    }

    [TestCase(CommandStage.Draining)]
    [TestCase(CommandStage.Settling)]
    [TestCase(CommandStage.Locking)]
    public async Task Command_that_the_agent_has_begun_can_no_longer_be_cancelled(CommandStage stage)
    {
        var journal = await World.ActivateAsync();
        var command = await World.SentAsync(CommandKind.SettleAndLock);
        await World.StoreAsync(journal, journal.Command(command.Id, stage));

        var answer = await World.Desk.CancelAsync(command.Id, "not today", StorageWorld.Anna, CancellationToken.None);

        Assert.That((answer.Refusal?.Code, answer.Refusal?.Subject), Is.EqualTo((ReasonCodes.TooLateToCancel, $"commands/{command.Id}")));
    }

    [Test]
    public async Task List_is_newest_first_paged_and_filtered()
    {
        await World.ActivateAsync("lane1");
        await World.ActivateAsync("lane2");
        var a = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, "lane1"));
        var b = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock, "lane1"));
        var c = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable, "lane2"));

        var first = await ListAsync(2, string.Empty, string.Empty);
        var second = await ListAsync(2, first.NextPageToken, string.Empty);

        Assert.That(first.Items.Concat(second.Items).Select(static x => x.Id), Is.EqualTo(new[] { c.Id, b.Id, a.Id }));
        Assert.That(second.NextPageToken, Is.Empty);
        Assert.That((await ListAsync(0, string.Empty, "terminal = \"terminals/lane1\"")).Items, Has.Count.EqualTo(2));
        Assert.That((await ListAsync(0, string.Empty, "kind = SETTLE_AND_LOCK AND state = QUEUED")).Items.Single().Id, Is.EqualTo(b.Id));
        Assert.That((await ListAsync(0, string.Empty, "state = SENT")).Items, Is.Empty);
    }

    [Test]
    public async Task Command_without_a_batch_has_no_closing_proof()
    {
        await World.ActivateAsync();
        var disable = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        var settle = StorageWorld.Accepted(await World.AskAsync(CommandKind.SettleAndLock));

        var never = await World.Desk.GetClosingProofAsync(disable.Id, CancellationToken.None);
        var notYet = await World.Desk.GetClosingProofAsync(settle.Id, CancellationToken.None);

        Assert.That((never.Refusal?.Code, notYet.Refusal?.Code), Is.EqualTo((RefusalCodes.NoClosingProof, RefusalCodes.NoClosingProof)));
        Assert.That(never.Refusal?.Text, Does.Contain("closes no batch"));
        Assert.That(notYet.Refusal?.Text, Does.Contain("Queued"));
    }

    private async Task<Page<CommandView>> ListAsync(int size, string token, string filter) =>
        StorageWorld.Accepted(await World.Desk.ListAsync(new ListQuery(size, token, filter), CancellationToken.None));

    private Task<int> SetStateAsync(TerminalState state) =>
        World.Database.WriteAsync((s, ct) => s.ExecuteAsync("UPDATE terminals SET state = $1", [state.ToString()], ct), CancellationToken.None);
}
