using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Engine;

public sealed class SqliteEngineTests
{
    [Test]
    public async Task Commits_survive_a_power_cut_by_setting()
    {
        await using var world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);

        var mode = await world.Database.WriteAsync(
            static (s, ct) => s.FirstAsync("PRAGMA journal_mode", [], static row => row.GetString(0), ct), CancellationToken.None);
        var synchronous = await world.Database.WriteAsync(static (s, ct) => s.ScalarAsync("PRAGMA synchronous", [], ct), CancellationToken.None);

        Assert.That((mode, synchronous), Is.EqualTo(("wal", 2L)));
    }

    [Test]
    public async Task Reads_cannot_write()
    {
        await using var world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);

        Assert.That(
            async () => await world.Database.ReadAsync(static (s, ct) => s.ExecuteAsync("DELETE FROM terminals", [], ct), CancellationToken.None),
            Throws.InstanceOf<Microsoft.Data.Sqlite.SqliteException>());
        Assert.That(await world.CountAsync("SELECT COUNT(*) FROM terminals"), Is.Zero, "the pool goes on");
    }

    [Test]
    public async Task Reads_do_not_wait_for_a_write_that_is_under_way()
    {
        await using var world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);
        var inside = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var write = world.Database.WriteAsync(
            async (s, ct) =>
            {
                await s.ExecuteAsync("INSERT INTO requests VALUES ('s', 'r', 'f', 'x', 0)", [], ct);
                inside.TrySetResult();
                await release.Task;
                return 1;
            },
            CancellationToken.None);
        await inside.Task;

        Assert.That(await world.CountAsync("SELECT COUNT(*) FROM requests"), Is.Zero);
        release.SetResult();
        await write;
        Assert.That(await world.CountAsync("SELECT COUNT(*) FROM requests"), Is.EqualTo(1));
    }

    [Test]
    public async Task More_statements_than_are_kept_run_all_the_same()
    {
        await using var world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);

        await world.Database.WriteAsync(
            static async (session, ct) =>
            {
                for (var i = 0; i < 300; i++)
                {
                    await session.ExecuteAsync($"INSERT INTO requests VALUES ('s', 'r{i}', 'f', 'x', 0)", [], ct);
                }

                return 0;
            },
            CancellationToken.None);

        Assert.That(await world.CountAsync("SELECT COUNT(*) FROM requests"), Is.EqualTo(300));
    }

    [Test]
    public void Type_words_are_replaced() => Assert.That(
        new SqliteEngine("x").Translate("a {key}, b {blob}, c {text}"), Is.EqualTo("a INTEGER PRIMARY KEY, b BLOB, c TEXT"));
}
