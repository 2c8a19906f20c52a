using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Tests.World;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Storage.Tests.Engine;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class WriteLaneTests(EngineUnderTest engine) : StorageFixture(engine)
{
    [SetUp]
    public Task CreateTableAsync() => ExecuteAsync("CREATE TABLE notes (text TEXT NOT NULL PRIMARY KEY)");

    [Test]
    public async Task Work_that_fails_takes_no_neighbour_with_it()
    {
        var works = Enumerable.Range(0, 60).Select(i => ExecuteAsync($"INSERT INTO notes (text) VALUES ('{(i % 20 == 7 ? "same" : i)}')")).ToList();

        await ((Task)Task.WhenAll(works)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        Assert.That(works.Count(static w => w.IsFaulted), Is.EqualTo(2));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM notes"), Is.EqualTo(58));
    }

    [Test]
    public async Task Work_that_throws_leaves_nothing_behind()
    {
        var failing = World.Database.WriteAsync<int>(
            static async (session, ct) =>
            {
                await session.ExecuteAsync("INSERT INTO notes (text) VALUES ('half')", [], ct);
                throw new InvalidOperationException("on purpose");
            },
            CancellationToken.None);

        Assert.That(async () => await failing, Throws.InvalidOperationException.With.Message.EqualTo("on purpose"));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM notes"), Is.Zero);
    }

    [Test]
    public async Task Change_is_told_after_the_commit_and_not_after_a_failure()
    {
        var told = World.Database.Changes.Next(Topic.Terminals);
        Task failing = World.Database.WriteAsync<int>(
            static (session, _) =>
            {
                session.Touch(Topic.Terminals, "lane1");
                throw new InvalidOperationException("on purpose");
            },
            CancellationToken.None);
        await failing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.That(told.IsCompleted, Is.False);

        await World.RegisterAsync();

        await told.WaitAsync(Eventually.Bound, TimeProvider.System);
        Assert.That((await World.TerminalAsync()).Id.Value, Is.EqualTo("lane1"));
    }

    [Test]
    public async Task Versions_increase_without_repeating_across_transactions()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => World.Database.WriteAsync(
            async (session, ct) => (First: await session.NextVersionAsync(ct), Second: await session.NextVersionAsync(ct)), CancellationToken.None)));

        var all = versions.SelectMany(static v => new[] { v.First, v.Second }).ToList();
        Assert.That(all, Is.Unique);
        Assert.That(versions.All(static v => v.Second > v.First), Is.True);
    }

    [Test]
    public async Task Listener_hears_of_each_key_once_however_often_it_changed()
    {
        var listener = World.Database.Changes.Listen(Topic.Terminals);
        await World.RegisterAsync("a");
        await World.RegisterAsync("b");
        await World.Registry.UpdateAsync(
            Contracts.TerminalId.Parse("a"), new Domain.Terminals.TerminalChanges("x", null, null, string.Empty), StorageWorld.Anna, CancellationToken.None);

        Assert.That(await listener.TakeAsync(CancellationToken.None), Is.EquivalentTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task Database_of_a_newer_server_is_refused()
    {
        await ExecuteAsync("INSERT INTO schema_steps (number, name, applied_at) VALUES (999, 'from the future', 0)");

        Assert.That(async () => await World.Database.MigrateAsync(CancellationToken.None), Throws.InvalidOperationException.With.Message.Contains("schema 999"));
    }

    [Test]
    public async Task Migration_of_a_database_that_is_up_to_date_changes_nothing()
    {
        await World.RegisterAsync();

        await World.Database.MigrateAsync(CancellationToken.None);

        Assert.That((await World.TerminalAsync()).Id.Value, Is.EqualTo("lane1"));
    }

    [Test]
    public async Task Database_that_cannot_be_opened_fails_every_write_and_says_so()
    {
        var options = new StorageOptions { DataFile = "/proc/no/such/folder/fleet.db" };
        await using var database = new FleetDatabase(new SqliteEngine(options.DataFile), options, World.Clock, NullLogger<WriteLane>.Instance);

        Assert.That(async () => await database.MigrateAsync(CancellationToken.None), Throws.InstanceOf<StorageException>());
        Assert.That(async () => await database.MigrateAsync(CancellationToken.None), Throws.InstanceOf<StorageException>());
    }

    [Test]
    public void Options_tell_every_fault_with_its_key()
    {
        var options = new StorageOptions { DataFile = " ", LaneCapacity = 0, LargestGroup = 0, Readers = 0, WatchPollInterval = TimeSpan.Zero };

        Assert.That(
            options.Validate().Select(static f => f[..f.IndexOf(':', StringComparison.Ordinal)]),
            Is.EqualTo(new[] { "storage.data_file", "storage.lane_capacity", "storage.largest_group", "storage.readers", "storage.watch_poll_interval" }));
        Assert.That(new StorageOptions().Validate(), Is.Empty);
    }

    private Task<int> ExecuteAsync(string sql) => World.Database.WriteAsync((session, ct) => session.ExecuteAsync(sql, [], ct), CancellationToken.None);
}
