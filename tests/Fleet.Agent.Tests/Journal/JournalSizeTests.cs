using System.Diagnostics;
using Fleet.Agent.Journal;

namespace Fleet.Agent.Tests.Journal;

/// <summary>What the files of a journal take, and when its log is written back.</summary>
public sealed class JournalSizeTests
{
    private const int Entries = 40_000;
    private const int PerWrite = 1_000;

    private JournalWorld _world = null!;

    [SetUp]
    public void SetUp() => _world = new JournalWorld();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task File_is_as_small_as_what_is_left_once_the_server_has_everything_and_retention_is_over()
    {
        _world.Configure = static o => With(o, TimeSpan.Zero);
        var journal = _world.Open();
        await FillAsync(journal);
        await journal.DisposeAsync();
        journal = _world.Open();
        Assert.That(new FileInfo(_world.Database).Length, Is.GreaterThan(4_000_000));

        _world.Clock.SetWallClock(_world.Clock.GetUtcNow().AddDays(1));
        await journal.AcknowledgeAsync(journal.Position.Epoch, journal.Position.LastSequence, CancellationToken.None);
        await _world.KeepHouseAsync(journal, (Entries / 2048) + 2);

        Assert.That(new FileInfo(_world.Database).Length, Is.LessThan(2_000_000), "nobody has to close the journal, or to write any more, for that");
        Assert.That(new FileInfo(_world.Database + "-wal").Length, Is.LessThan(9_000_000));
        var last = journal.Position.LastSequence;
        await journal.DisposeAsync();
        Assert.That(_world.Open().Position.LastSequence, Is.EqualTo(last));
    }

    [Test]
    public async Task Log_is_written_back_between_payments_and_not_by_the_commit_of_one()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 1_300);
        Assert.That(new FileInfo(_world.Database).Length, Is.LessThan(40_000), "the log has everything, no commit wrote it back");

        await _world.KeepHouseAsync(journal);

        Assert.That(new FileInfo(_world.Database).Length, Is.GreaterThan(150_000));
        Assert.That(await JournalWorld.ReadAllAsync(journal), Has.Count.EqualTo(1_301));
    }

    [Test]
    public async Task Log_that_is_long_is_written_back_soon_and_a_short_one_is_left()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 20);
        await _world.KeepHouseAsync(journal);
        Assert.That(new FileInfo(_world.Database).Length, Is.LessThan(40_000), "an idle agent writes nothing twice");

        await JournalWorld.AppendSalesAsync(journal, 400);
        _world.Clock.Advance(new JournalOptions().HousekeepingInterval);
        await journal.PulseAsync(CancellationToken.None);
        await journal.PulseAsync(CancellationToken.None);

        Assert.That(new FileInfo(_world.Database).Length, Is.GreaterThan(60_000), "a minute of idleness is not waited for");
    }

    [Test]
    public async Task Reader_in_the_middle_sees_its_own_state_while_the_log_is_written_back()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 300);
        using var reader = JournalDatabase.OpenReader(_world.Database);
        using var transaction = reader.BeginTransaction(deferred: true);
        Assert.That(Count(reader), Is.EqualTo(301));
        await JournalWorld.AppendSalesAsync(journal, 300, "later");
        var watch = Stopwatch.StartNew();

        await _world.KeepHouseAsync(journal);

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(4)), "nobody waits for the reader");
        Assert.That(Count(reader), Is.EqualTo(301));
        await JournalWorld.AppendSalesAsync(journal, 300, "last");
        Assert.That(await JournalWorld.ReadAllAsync(journal), Has.Count.EqualTo(901));
    }

    private static long Count(Microsoft.Data.Sqlite.SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM entry";
        return (long)command.ExecuteScalar()!;
    }

    private static async Task FillAsync(SqliteJournal journal)
    {
        for (var i = 0; i < Entries; i += PerWrite)
        {
            var at = i;
            await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(at, PerWrite).Select(static n => JournalWorld.Sale($"sale-{n}"))] }, CancellationToken.None);
        }
    }

    private static JournalOptions With(JournalOptions options, TimeSpan retention) =>
        new() { DataDirectory = options.DataDirectory, ReserveBytes = 0, MinimumFreeBytes = 0, Retention = retention, Encryption = false };
}
