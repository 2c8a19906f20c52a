using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Tests.World;
using Fleet.Testing;

namespace Fleet.Server.Storage.Tests.Transactions;

[TestFixture(EngineUnderTest.Sqlite)]
[CancelAfter(30_000)]
public sealed class FeedTests(EngineUnderTest engine) : StorageFixture(engine)
{
    [Test]
    public async Task Watch_tells_what_is_there_first_and_then_every_change(CancellationToken cancellationToken)
    {
        var journal = await World.ActivateAsync();
        var first = journal.Payment(1);
        await World.StoreAsync(journal, 3);
        await using var feed = Feed(includeExisting: true).GetAsyncEnumerator(cancellationToken);

        Assert.That((await NextAsync(feed)).Item.Id, Is.EqualTo(first));
        var next = feed.MoveNextAsync();
        Assert.That(next.IsCompleted, Is.False);
        var second = journal.Payment(2);
        await World.StoreAsync(journal, 5);

        Assert.That(await next, Is.True);
        Assert.That(feed.Current.Item.Id, Is.EqualTo(second));
    }

    [Test]
    public async Task Watch_from_now_tells_nothing_old(CancellationToken cancellationToken)
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1);
        await World.StoreAsync(journal, 3);
        await using var feed = Feed(includeExisting: false).GetAsyncEnumerator(cancellationToken);
        var next = feed.MoveNextAsync();

        // The feed has taken its place once it waits.
        await World.Clock.WaitForTimersAsync(1, cancellationToken);
        var second = journal.Payment(2);
        await World.StoreAsync(journal, 5);

        Assert.That(await next, Is.True);
        Assert.That(feed.Current.Item.Id, Is.EqualTo(second));
    }

    [Test]
    public async Task Resume_token_goes_on_exactly_behind_the_change_it_came_with(CancellationToken cancellationToken)
    {
        var journal = await World.ActivateAsync();
        var ids = Enumerable.Range(1, 600).Select(i => journal.Payment(i)).ToList();
        await World.StoreAsync(journal, 3);
        var seen = new List<string>();
        var token = string.Empty;

        while (seen.Count < ids.Count)
        {
            await using var feed = Feed(includeExisting: true, token).GetAsyncEnumerator(cancellationToken);
            for (var i = 0; i < 100; i++)
            {
                var change = await NextAsync(feed);
                seen.Add(change.Item.Id);
                token = change.ResumeToken;
            }
        }

        Assert.That(seen, Is.EqualTo(ids));
    }

    [Test]
    public async Task Every_payment_of_a_settled_batch_is_told_again(CancellationToken cancellationToken)
    {
        var journal = await World.ActivateAsync();
        var ids = Enumerable.Range(1, 300).Select(i => journal.Payment(i)).ToList();
        await World.StoreAsync(journal, 3);
        await using var feed = Feed(includeExisting: true).GetAsyncEnumerator(cancellationToken);
        for (var i = 0; i < ids.Count; i++)
        {
            await NextAsync(feed);
        }

        var settlement = journal.Settle(300, 45150);
        await World.StoreAsync(journal, journal.Length);
        var told = new List<string>();
        for (var i = 0; i < ids.Count; i++)
        {
            var change = await NextAsync(feed);
            Assert.That(change.Item.SettlementId, Is.EqualTo(settlement));
            told.Add(change.Item.Id);
        }

        Assert.That(told, Is.EqualTo(ids));
    }

    [Test]
    public async Task Slow_reader_skips_what_was_in_between_and_ends_at_the_latest_state(CancellationToken cancellationToken)
    {
        await World.RegisterAsync();
        var feed = StorageWorld.Accepted(World.Registry.Watch(string.Empty, string.Empty)).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await NextAsync(feed);
        for (var i = 0; i < 50; i++)
        {
            await World.Registry.UpdateAsync(TerminalId.Parse("lane1"), new TerminalChanges(null, $"store {i}", null, string.Empty), StorageWorld.Anna, cancellationToken);
        }

        var change = await NextAsync(feed);

        Assert.That(change.Item.Store, Is.EqualTo("store 49"));
        await feed.DisposeAsync();
    }

    [Test]
    public async Task Filtered_watch_tells_only_what_fits(CancellationToken cancellationToken)
    {
        await World.RegisterAsync("lane1");
        await World.ActivateAsync("lane2");
        await using var feed = StorageWorld.Accepted(World.Registry.Watch("state = ACTIVE", string.Empty)).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

        Assert.That((await NextAsync(feed)).Item.Id.Value, Is.EqualTo("lane2"));
        var next = feed.MoveNextAsync();
        await World.ActivateAsync("lane3");

        Assert.That(await next, Is.True);
        Assert.That(feed.Current.Item.Id.Value, Is.EqualTo("lane3"));
    }

    [Test]
    public async Task Change_by_somebody_else_is_seen_at_the_next_look(CancellationToken cancellationToken)
    {
        await World.RegisterAsync();
        await using var feed = StorageWorld.Accepted(World.Registry.Watch(string.Empty, string.Empty)).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await NextAsync(feed);
        var next = feed.MoveNextAsync().AsTask();
        await World.Clock.WaitForTimersAsync(1, cancellationToken);

        // Without telling the board, as another server on the same database would do it.
        await World.Database.WriteAsync(
            async (s, ct) => await s.ExecuteAsync("UPDATE terminals SET store = 'Bonn', version = $1", [await s.NextVersionAsync(ct)], ct), cancellationToken);
        await Eventually.TrueAsync(
            () =>
            {
                World.Clock.Advance(World.Database.Options.WatchPollInterval);
                return next.IsCompleted;
            },
            "the change is told");

        Assert.That(await next, Is.True);
        Assert.That(feed.Current.Item.Store, Is.EqualTo("Bonn"));
    }

    [Test]
    public async Task Command_is_watched_to_its_end(CancellationToken cancellationToken)
    {
        var journal = await World.ActivateAsync();
        var command = StorageWorld.Accepted(await World.AskAsync(CommandKind.Disable));
        var states = new List<CommandState>();
        await foreach (var change in StorageWorld.Accepted(World.Desk.Watch(command.Id)).ReadAsync(cancellationToken))
        {
            states.Add(change.Item.State);
            if (change.Item.State == CommandState.Queued)
            {
                await World.Queue.MarkSentAsync((await World.Queue.QueuedAsync(journal.Terminal, cancellationToken)).Single(), [1], cancellationToken);
            }
            else if (change.Item.State == CommandState.Sent)
            {
                await World.StoreAsync(journal, journal.Command(command.Id, CommandStage.Succeeded));
            }
        }

        Assert.That(states, Is.EqualTo(new[] { CommandState.Queued, CommandState.Sent, CommandState.Succeeded }));
    }

    [Test]
    public async Task Watch_of_a_missing_command_ends_at_once(CancellationToken cancellationToken)
    {
        await foreach (var _ in StorageWorld.Accepted(World.Desk.Watch("nothing")).ReadAsync(cancellationToken))
        {
            Assert.Fail("nothing is there to be told");
        }
    }

    [TestCase("x")]
    [TestCase("AAAAAAAAAAAAAAAA")]
    public void Foreign_resume_token_is_refused(string token)
    {
        Assert.That(World.Ledger.Watch(null, token, includeExisting: false).Refusal?.Subject, Is.EqualTo("resume_token"));
        Assert.That(World.Registry.Watch(string.Empty, token).Refusal?.Subject, Is.EqualTo("resume_token"));
    }

    private IAsyncEnumerable<Change<TransactionView>> Feed(bool includeExisting, string token = "") =>
        StorageWorld.Accepted(World.Ledger.Watch(TerminalId.Parse("lane1"), token, includeExisting)).ReadAsync(CancellationToken.None);

    private static async Task<Change<T>> NextAsync<T>(IAsyncEnumerator<Change<T>> feed)
    {
        Assert.That(await feed.MoveNextAsync(), Is.True);
        return feed.Current;
    }
}
