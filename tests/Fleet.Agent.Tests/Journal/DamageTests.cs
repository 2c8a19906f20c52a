using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Data.Sqlite;

namespace Fleet.Agent.Tests.Journal;

public sealed class DamageTests
{
    private JournalWorld _world = null!;

    [SetUp]
    public void SetUp() => _world = new JournalWorld();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task Flipped_bit_in_an_entry_sets_the_file_aside_and_saves_everything_else()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 9);
        await journal.AppendAsync(new JournalWrite { State = [new StateChange("gate/state", "locked"u8.ToArray())] }, CancellationToken.None);
        await journal.AcknowledgeAsync(journal.Position.Epoch, 3, CancellationToken.None);
        var old = journal.Position;
        await journal.DisposeAsync();
        FlipIn("sale-5"u8);

        var again = _world.Open();
        await _world.KeepHouseAsync(again);

        var entries = await JournalWorld.ReadAllAsync(again);
        var started = entries[0].EpochStarted;
        Assert.That(new Guid(started.PreviousEpoch.Span, bigEndian: true), Is.EqualTo(old.Epoch));
        Assert.That(started.PreviousLastSequence, Is.EqualTo(10));
        Assert.That(entries[1].Alarm.Detail, Does.Contain("entry 6 is damaged"));
        Assert.That(entries.Skip(2).Select(static e => e.Transaction.TransactionId), Is.EqualTo(new[] { "sale-3", "sale-4", "sale-6", "sale-7", "sale-8", "sale-9" }));
        Assert.That(await again.ReadStateAsync("gate/state", CancellationToken.None), Is.EqualTo("locked"u8.ToArray()));
        Assert.That(await again.ReadStateAsync("journal/state-incomplete", CancellationToken.None), Is.Null);
        Assert.That(Directory.GetDirectories(_world.DataDirectory, "journal-damaged-20260314T*"), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Damage_that_a_running_agent_meets_is_handled_at_once()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        await journal.DisposeAsync();
        journal = _world.Open();
        FlipIn("sale-2"u8);
        var epoch = journal.Position.Epoch;

        var fault = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.ReadAsync(0, 100, int.MaxValue, CancellationToken.None));
        await journal.WaitForEntriesAsync(epoch, ulong.MaxValue, CancellationToken.None);
        await _world.KeepHouseAsync(journal);

        Assert.That(fault!.Fault, Is.EqualTo(JournalFault.Damaged));
        var ids = (await JournalWorld.ReadAllAsync(journal)).Skip(2).Select(static e => e.Transaction.TransactionId);
        Assert.That(ids, Is.EqualTo(new[] { "sale-1", "sale-3", "sale-4", "sale-5" }));
    }

    [Test]
    public async Task Damaged_state_is_reported_because_the_gate_must_not_open_by_it()
    {
        var journal = _world.Open();
        await journal.AppendAsync(new JournalWrite { State = [new StateChange("gate/state", "locked-up"u8.ToArray()), new StateChange("other", [1])] }, CancellationToken.None);
        await journal.DisposeAsync();
        FlipIn("locked-up"u8);

        var again = _world.Open();

        Assert.That(await again.ReadStateAsync("gate/state", CancellationToken.None), Is.Null);
        Assert.That(await again.ReadStateAsync("other", CancellationToken.None), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await again.ReadStateAsync("journal/state-incomplete", CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task Removed_entry_is_a_gap_and_a_gap_is_damage()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        await journal.DisposeAsync();
        Execute("DELETE FROM entry WHERE sequence = 3");

        var again = _world.Open();

        Assert.That((await JournalWorld.ReadAllAsync(again))[1].Alarm.Detail, Does.Contain("entry 3 is missing"));
    }

    [Test]
    public async Task Exchanged_entries_are_damage_although_each_is_whole()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        await journal.DisposeAsync();
        Execute("UPDATE entry SET record = (SELECT record FROM entry WHERE sequence = 3) WHERE sequence = 4");

        var again = _world.Open();

        Assert.That((await JournalWorld.ReadAllAsync(again))[1].Alarm.Detail, Does.Contain("entry 4 is damaged"));
    }

    [TestCase(0)]
    [TestCase(100)]
    [TestCase(5000)]
    public async Task File_that_is_no_database_is_set_aside_and_the_agent_starts(int length)
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        await journal.DisposeAsync();
        await File.WriteAllBytesAsync(_world.Database, Enumerable.Range(0, length).Select(static i => (byte)(i * 7)).ToArray());

        var again = _world.Open();

        var entries = await JournalWorld.ReadAllAsync(again);
        Assert.That(entries[0].EpochStarted.Reason, Is.EqualTo(EpochStarted.Types.Reason.PreviousDamaged));
        Assert.That(await again.ReadStateAsync("journal/state-incomplete", CancellationToken.None), Is.Not.Null);
    }

    [Test]
    public async Task Missing_database_in_its_folder_is_damage_and_not_a_first_start()
    {
        var journal = _world.Open();
        await journal.DisposeAsync();
        File.Delete(_world.Database);

        var again = _world.Open();

        Assert.That((await JournalWorld.ReadAllAsync(again))[0].EpochStarted.Reason, Is.EqualTo(EpochStarted.Types.Reason.PreviousDamaged));
    }

    [Test]
    public async Task Set_aside_that_was_interrupted_between_its_renames_is_finished()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        var epoch = journal.Position.Epoch;
        await journal.DisposeAsync();
        Directory.CreateDirectory(Path.Combine(_world.DataDirectory, "journal-damaged-20260101T000000Z-00000000"));
        Directory.Move(Path.Combine(_world.DataDirectory, "journal"), Path.Combine(_world.DataDirectory, "journal.new"));

        var again = _world.Open();

        Assert.That(again.Position.Epoch, Is.EqualTo(epoch));
        Assert.That(again.Position.LastSequence, Is.EqualTo(6));
    }

    [Test]
    public async Task Any_flipped_byte_is_noticed_or_harmless([Range(0, 7)] int slice)
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 60);
        await journal.AcknowledgeAsync(journal.Position.Epoch, 20, CancellationToken.None);
        await journal.DisposeAsync();
        var whole = await File.ReadAllBytesAsync(_world.Database);
        var random = new Random(slice);

        for (var i = 0; i < 12; i++)
        {
            var damaged = (byte[])whole.Clone();
            var at = random.Next(damaged.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            Directory.Delete(_world.DataDirectory, recursive: true);
            Directory.CreateDirectory(Path.GetDirectoryName(_world.Database)!);
            await File.WriteAllBytesAsync(_world.Database, damaged);

            await using var again = _world.Open();
            await _world.KeepHouseAsync(again);
            var entries = await JournalWorld.ReadAllAsync(again, again.Position.AcknowledgedThrough);

            // Either the same journal with every entry that is still to be sent, or a new epoch that says what it followed.
            var sales = entries.Where(static e => e.Transaction is not null).ToDictionary(static e => e.Transaction.TransactionId, static e => e.Transaction.Amount.MinorUnits);
            Assert.That(sales.All(static s => s.Key == $"sale-{s.Value}"), Is.True, $"byte {at}");
            var isNewEpoch = entries[0].EpochStarted?.Reason == EpochStarted.Types.Reason.PreviousDamaged;
            Assert.That(isNewEpoch || Enumerable.Range(20, 41).All(n => sales.ContainsKey($"sale-{n}")), Is.True, $"byte {at}");
        }
    }

    [Test]
    public async Task Damage_deep_in_a_long_backlog_is_found_while_the_agent_works()
    {
        var journal = _world.Open();
        await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(1, 5000).Select(static i => JournalWorld.Sale($"sale-{i}."))] }, CancellationToken.None);
        var old = journal.Position;
        await journal.DisposeAsync();
        FlipIn("sale-77."u8);
        _world.Configure = static o => new JournalOptions { DataDirectory = o.DataDirectory, ReserveBytes = 0, MinimumFreeBytes = 0, VerifiedAtOpen = 100, Encryption = false };

        var again = _world.Open();
        await again.WaitForEntriesAsync(old.Epoch, ulong.MaxValue, CancellationToken.None);
        await _world.KeepHouseAsync(again, 3);

        var ids = (await JournalWorld.ReadAllAsync(again)).Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId).ToList();
        Assert.That(ids, Has.Count.EqualTo(4999).And.Not.Contain("sale-77."));
    }

    private void FlipIn(ReadOnlySpan<byte> text)
    {
        var bytes = File.ReadAllBytes(_world.Database);
        var at = bytes.AsSpan().LastIndexOf(text);
        Assert.That(at, Is.Positive);
        using var file = File.OpenHandle(_world.Database, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, [(byte)(bytes[at] ^ 0x20)], at);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_world.Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
