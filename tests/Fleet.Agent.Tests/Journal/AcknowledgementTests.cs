using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Journal;

public sealed class AcknowledgementTests
{
    private JournalWorld _world = null!;

    [SetUp]
    public void SetUp() => _world = new JournalWorld();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task Acknowledgement_moves_the_position_and_is_kept()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        var epoch = journal.Position.Epoch;
        var waiting = journal.WaitForAcknowledgementAsync(epoch, 4, CancellationToken.None);
        Assert.That(waiting.IsCompleted, Is.False);

        await journal.AcknowledgeAsync(epoch, 4, CancellationToken.None);

        Assert.That(await waiting, Is.True);
        Assert.That(journal.Position.Unsent, Is.EqualTo(2));
        await journal.DisposeAsync();
        Assert.That(_world.Open().Position.AcknowledgedThrough, Is.EqualTo(4));
    }

    [Test]
    public async Task Late_repeated_and_foreign_acknowledgements_change_nothing()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        var epoch = journal.Position.Epoch;

        await journal.AcknowledgeAsync(epoch, 5, CancellationToken.None);
        await journal.AcknowledgeAsync(epoch, 3, CancellationToken.None);
        await journal.AcknowledgeAsync(epoch, 5, CancellationToken.None);
        await journal.AcknowledgeAsync(Guid.NewGuid(), 999, CancellationToken.None);
        await _world.KeepHouseAsync(journal);

        Assert.That(journal.Position.AcknowledgedThrough, Is.EqualTo(5));
        Assert.That(journal.Position.Epoch, Is.EqualTo(epoch));
    }

    [Test]
    public async Task Acknowledgement_beyond_the_end_proves_a_lost_end_and_begins_a_new_epoch()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        var lost = journal.Position;
        var waiting = journal.WaitForAcknowledgementAsync(lost.Epoch, 999, CancellationToken.None);

        await journal.AcknowledgeAsync(lost.Epoch, 40, CancellationToken.None);

        Assert.That(await waiting, Is.False);
        var started = (await JournalWorld.ReadAllAsync(journal))[0].EpochStarted;
        Assert.That(new Guid(started.PreviousEpoch.Span, bigEndian: true), Is.EqualTo(lost.Epoch));
        Assert.That(started.Reason, Is.EqualTo(EpochStarted.Types.Reason.PreviousDamaged));
        Assert.That(journal.Position.Epoch, Is.Not.EqualTo(lost.Epoch));
    }

    [Test]
    public async Task Journal_older_than_its_mark_is_recognised_at_the_start()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 3);
        await journal.DisposeAsync();
        var old = await File.ReadAllBytesAsync(_world.Database);
        journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5, "later");
        await journal.AcknowledgeAsync(journal.Position.Epoch, 8, CancellationToken.None);
        await journal.DisposeAsync();

        // Somebody puts a backup of the file back.
        await File.WriteAllBytesAsync(_world.Database, old);
        var again = _world.Open();

        var entries = await JournalWorld.ReadAllAsync(again);
        Assert.That(entries[0].EpochStarted.PreviousLastSequence, Is.EqualTo(9));
        Assert.That(entries[1].Alarm.Code, Is.EqualTo("JOURNAL_DAMAGED"));
    }

    [Test]
    public async Task Waiting_for_entries_ends_with_the_next_append()
    {
        var journal = _world.Open();
        var position = journal.Position;
        var waiting = journal.WaitForEntriesAsync(position.Epoch, position.LastSequence, CancellationToken.None);
        Assert.That(waiting.IsCompleted, Is.False);

        await JournalWorld.AppendSalesAsync(journal, 1);

        await waiting;
        await journal.WaitForEntriesAsync(Guid.NewGuid(), 100, CancellationToken.None);
    }

    [Test]
    public async Task Entries_leave_the_disk_only_when_acknowledged_and_older_than_the_retention()
    {
        _world.Configure = static o => With(o, TimeSpan.FromDays(30));
        var journal = _world.Open();
        await AppendManyAsync(journal, 3000);

        _world.Clock.SetWallClock(_world.Clock.GetUtcNow().AddDays(31));
        await _world.KeepHouseAsync(journal, 2);
        Assert.That((await journal.ReadAsync(0, 1, 1, CancellationToken.None)).Entries, Is.Not.Empty, "not acknowledged");

        await journal.AcknowledgeAsync(journal.Position.Epoch, 2100, CancellationToken.None);
        await _world.KeepHouseAsync(journal, 2);
        var gone = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.ReadAsync(0, 1, 1, CancellationToken.None));
        Assert.That(gone!.Fault, Is.EqualTo(JournalFault.Gone));
        Assert.That(gone.Message, Does.Contain("the oldest here is 2049"));

        // What is left still proves itself, also after opening again.
        Assert.That(await JournalWorld.ReadAllAsync(journal, 2048), Has.Count.EqualTo(3001 - 2048));
        await journal.DisposeAsync();
        var again = _world.Open();
        Assert.That(again.Position, Is.EqualTo(journal.Position with { LastHash = again.Position.LastHash }));
        Assert.That(again.Position.LastHash.ToArray(), Is.EqualTo(journal.Position.LastHash.ToArray()));
    }

    [Test]
    public async Task Journal_whose_last_entry_left_the_disk_goes_on_where_it_was()
    {
        _world.Configure = static o => With(o, TimeSpan.FromDays(1));
        var journal = _world.Open();
        await AppendManyAsync(journal, 1023);
        _world.Clock.SetWallClock(_world.Clock.GetUtcNow().AddDays(2));
        await journal.AcknowledgeAsync(journal.Position.Epoch, 1024, CancellationToken.None);
        await _world.KeepHouseAsync(journal, 2);
        await journal.DisposeAsync();

        var again = _world.Open();
        await JournalWorld.AppendSalesAsync(again, 1);

        Assert.That(again.Position.LastSequence, Is.EqualTo(1025));
        Assert.That(await JournalWorld.ReadAllAsync(again, 1024), Has.Count.EqualTo(1));
    }

    private static JournalOptions With(JournalOptions options, TimeSpan retention) =>
        new() { DataDirectory = options.DataDirectory, ReserveBytes = 0, MinimumFreeBytes = 0, Retention = retention };

    private static Task AppendManyAsync(SqliteJournal journal, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale($"{i}")), CancellationToken.None).AsTask()));
}
