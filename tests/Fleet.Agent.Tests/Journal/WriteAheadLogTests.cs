using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Journal;

/// <summary>
/// The journal of an agent that was killed, with its log not yet written back, and a disk that changes bits: SQLite would drop
/// everything behind one without a word.
/// </summary>
public sealed class WriteAheadLogTests
{
    private const int Sales = 120;
    private readonly Dictionary<string, byte[]> _left = [];
    private TemporaryFolder _folder = null!;
    private JournalPosition _position = null!;

    [OneTimeSetUp]
    public async Task RunAnAgentAndKillIt()
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        await JournalWorld.AppendSalesAsync(journal, Sales);
        await journal.AppendAsync(new JournalWrite { State = [new StateChange("gate/position", "locked"u8.ToArray())] }, CancellationToken.None);
        _position = journal.Position;
        foreach (var path in Directory.EnumerateFiles(world.DataDirectory, "*", SearchOption.AllDirectories).Where(static p => !p.EndsWith(".lock", StringComparison.Ordinal)))
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[file.Length];
            await file.ReadExactlyAsync(bytes);
            _left[Path.GetRelativePath(world.DataDirectory, path)] = bytes;
        }

        Assert.That(_left["journal/journal.db-wal"], Has.Length.GreaterThan(100_000), "the log is not written back");
    }

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Log_that_a_killed_agent_left_is_whole()
    {
        Restore(static _ => { });
        Assert.That(WriteAheadLog.FindDamage(Database), Is.Null);

        await using var journal = Open();

        Assert.That(journal.Position.Epoch, Is.EqualTo(_position.Epoch));
        Assert.That(journal.Position.LastSequence, Is.EqualTo(_position.LastSequence));
    }

    [Test]
    public async Task Any_flipped_bit_in_the_log_loses_at_most_the_entry_it_struck([Range(0, 5)] int slice)
    {
        var random = new Random(slice);
        var length = _left["journal/journal.db-wal"].Length;
        for (var i = 0; i < 10; i++)
        {
            var at = random.Next(length);
            var bit = (byte)(1 << random.Next(8));
            Restore(log => log[at] ^= bit);

            await using var journal = Open();
            var entries = await SalvagedAsync(journal);

            var isNewEpoch = entries[0].EpochStarted.Reason == EpochStarted.Types.Reason.PreviousDamaged;
            var missing = Enumerable.Range(1, Sales).Select(static n => $"sale-{n}").Except(Ids(entries)).ToList();
            Assert.That(missing, Has.Count.LessThanOrEqualTo(isNewEpoch ? 1 : 0), $"byte {at}");
            if (isNewEpoch)
            {
                Assert.That(entries[0].EpochStarted.PreviousLastSequence, Is.EqualTo(_position.LastSequence), $"byte {at}: the server hears how far it went");
                Assert.That(await journal.ReadStateAsync("journal/state-incomplete", CancellationToken.None), Is.Not.Null, $"byte {at}: the gate stays closed");
            }
        }
    }

    [Test]
    public async Task Last_commit_that_is_gone_is_missed_by_the_mark()
    {
        Restore(static log => log[^1] ^= 1);
        Assert.That(WriteAheadLog.FindDamage(Database), Is.Null, "an interrupted commit looks the same");
        Rewrite("journal/journal.db-wal", _left["journal/journal.db-wal"][..^20_000]);

        await using var journal = Open();

        var entries = await JournalWorld.ReadAllAsync(journal);
        Assert.That(entries[0].EpochStarted.PreviousLastSequence, Is.EqualTo(_position.LastSequence));
        Assert.That(entries[1].Alarm.Detail, Does.Contain($"entry {_position.LastSequence} was stored here"));
    }

    [Test]
    public async Task Log_that_ends_in_a_commit_nobody_was_told_of_is_no_damage()
    {
        Restore(static log => log.AsSpan(^4096..).Clear());
        File.Delete(Path.Combine(_folder.Path, "journal.mark"));

        await using var journal = Open();

        Assert.That(journal.Position.Epoch, Is.EqualTo(_position.Epoch));
    }

    [Test]
    public async Task Header_that_is_damaged_is_noticed_and_the_entries_are_saved()
    {
        Restore(static log => log[17] ^= 0x10);
        Assert.That(WriteAheadLog.FindDamage(Database), Does.Contain("header"));

        await using var journal = Open();

        Assert.That(Ids(await SalvagedAsync(journal)), Has.Exactly(Sales).Items);
    }

    [Test]
    public void Pages_of_any_content_give_no_entry_and_no_error([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        var page = new byte[4096];
        random.NextBytes(page);
        page[0] = 13;
        using var seal = new RecordSeal(key: null);

        Assert.That(LeafPage.Entries(page).Where(e => seal.OpenEntry(Guid.Empty, e.Sequence, e.Record) is not null), Is.Empty);
        Assert.That(LeafPage.Entries(page.AsMemory(0, random.Next(12))), Is.Empty);
    }

    private string Database => Path.Combine(_folder.Path, "journal", "journal.db");

    private static IEnumerable<string> Ids(IEnumerable<JournalEntry> entries) => entries.Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId);

    private void Restore(Action<byte[]> damage)
    {
        Directory.Delete(_folder.Path, recursive: true);
        Directory.CreateDirectory(Path.GetDirectoryName(Database)!);
        foreach (var (name, bytes) in _left.Where(static f => !f.Key.EndsWith("-shm", StringComparison.Ordinal)))
        {
            Rewrite(name, bytes);
        }

        var log = (byte[])_left["journal/journal.db-wal"].Clone();
        damage(log);
        Rewrite("journal/journal.db-wal", log);
    }

    private void Rewrite(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_folder.Path, name), bytes);

    private SqliteJournal Open() => SqliteJournal.Open(
        new JournalOptions { DataDirectory = _folder.Path, ReserveBytes = 0, MinimumFreeBytes = 0, Encryption = false, HousekeepingInterval = TimeSpan.FromMilliseconds(10) },
        TimeProvider.System,
        NoCrashPoints.Instance,
        NullLogger<SqliteJournal>.Instance);

    private static async Task<List<JournalEntry>> SalvagedAsync(SqliteJournal journal)
    {
        List<JournalEntry> entries = [];
        await Eventually.TrueAsync(
            async () =>
            {
                // The journal writes meanwhile: what is read is one moment's.
                entries = [.. (await journal.ReadAsync(0, int.MaxValue, int.MaxValue, CancellationToken.None)).Entries.Select(static e => e.Parse())];
                return entries[0].EpochStarted.Reason != EpochStarted.Types.Reason.PreviousDamaged || entries.Count(static e => e.Transaction is not null) >= Sales - 1;
            },
            "the readable entries are written again");
        return entries;
    }
}
