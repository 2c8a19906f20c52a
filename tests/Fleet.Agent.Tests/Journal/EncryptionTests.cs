using Fleet.Agent.Journal;

namespace Fleet.Agent.Tests.Journal;

public sealed class EncryptionTests
{
    private JournalWorld _world = null!;

    [SetUp]
    public void SetUp()
    {
        _world = new JournalWorld { Configure = static o => With(o, encryption: true) };
    }

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task Nothing_of_an_entry_or_a_state_is_readable_on_disk()
    {
        var journal = _world.Open();
        await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("sale-secret"), new StateChange("key", "state-secret"u8.ToArray())), CancellationToken.None);
        await journal.DisposeAsync();

        foreach (var file in Directory.EnumerateFiles(_world.DataDirectory, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            Assert.That(bytes.AsSpan().IndexOf("secret"u8), Is.Negative, file);
        }

        var again = _world.Open();
        Assert.That((await JournalWorld.ReadAllAsync(again))[1].Transaction.TransactionId, Is.EqualTo("sale-secret"));
    }

    [Test]
    public async Task Missing_key_is_told_and_the_journal_is_left_alone()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 3);
        await journal.DisposeAsync();
        var key = Path.Combine(_world.DataDirectory, "journal.key");
        var kept = await File.ReadAllBytesAsync(key);
        File.Delete(key);

        var missing = Assert.Throws<JournalFaultException>(() => _world.Open());
        await File.WriteAllBytesAsync(key, new byte[32]);
        var wrong = Assert.Throws<JournalFaultException>(() => _world.Open());
        await File.WriteAllBytesAsync(key, new byte[5]);
        var none = Assert.Throws<JournalFaultException>(() => _world.Open());

        Assert.That(new[] { missing!.Fault, wrong!.Fault, none!.Fault }, Is.All.EqualTo(JournalFault.KeyMissing));
        Assert.That(missing.Message, Does.Contain("Put back its key"));
        Assert.That(none.Message, Does.Contain("has 5 bytes"));
        await File.WriteAllBytesAsync(key, kept);
        Assert.That(await JournalWorld.ReadAllAsync(_world.Open()), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Journal_from_before_encryption_goes_on_as_it_is()
    {
        _world.Configure = static o => With(o, encryption: false);
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 3);
        await journal.DisposeAsync();
        _world.Configure = static o => With(o, encryption: true);

        Assert.That(await JournalWorld.ReadAllAsync(_world.Open()), Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Damaged_encrypted_entry_is_salvaged_around()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 5);
        await journal.DisposeAsync();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_world.Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE entry SET record = zeroblob(80) WHERE sequence = 4";
            command.ExecuteNonQuery();
        }

        var again = _world.Open();
        await _world.KeepHouseAsync(again);

        var ids = (await JournalWorld.ReadAllAsync(again)).Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId);
        Assert.That(ids, Is.EqualTo(new[] { "sale-1", "sale-2", "sale-4", "sale-5" }));
    }

    private static JournalOptions With(JournalOptions options, bool encryption) =>
        new() { DataDirectory = options.DataDirectory, ReserveBytes = 0, MinimumFreeBytes = 0, Encryption = encryption };
}
