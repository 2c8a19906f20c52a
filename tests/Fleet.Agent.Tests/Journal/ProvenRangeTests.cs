using Fleet.Agent.Journal;

namespace Fleet.Agent.Tests.Journal;

/// <summary>What a reader has read it has proven, and nothing else: whoever proves a backlog piece by piece may skip that and no more.</summary>
internal sealed class ProvenRangeTests
{
    private const int Sales = 299;

    private JournalWorld _world = null!;
    private RecordSeal _seal = null!;
    private JournalReader _reader = null!;
    private Guid _epoch;

    [SetUp]
    public async Task SetUp()
    {
        _world = new JournalWorld();
        var journal = _world.Open();
        await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(1, Sales).Select(static i => JournalWorld.Sale($"sale-{i}."))] }, CancellationToken.None);
        _epoch = journal.Position.Epoch;
        await _world.DisposeOpenedAsync();
        _seal = new RecordSeal(null);
        _reader = new JournalReader(JournalDatabase.OpenReader(_world.Database), _seal);
    }

    [TearDown]
    public async Task TearDown()
    {
        _reader.Dispose();
        _seal.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public void Nothing_is_proven_before_it_is_read() => Assert.That((_reader.ProvenThrough(0), _reader.ProvenThrough(77)), Is.EqualTo((0UL, 77UL)));

    [Test]
    public void What_was_read_is_proven_from_anywhere_in_it_and_nothing_behind_it()
    {
        Read(10, 20);

        Assert.That((Proven(10), Proven(11), Proven(29)), Is.EqualTo((30UL, 30UL, 30UL)));
        Assert.That((Proven(30), Proven(31)), Is.EqualTo((30UL, 31UL)));
    }

    [Test]
    public void What_lies_before_the_reading_is_not_proven_by_it()
    {
        Read(100, 20);

        Assert.That((Proven(0), Proven(99)), Is.EqualTo((0UL, 99UL)));
    }

    [Test]
    public void Readings_that_touch_are_one_and_a_repeated_one_takes_nothing_away()
    {
        Read(0, 50);
        Read(50, 50);
        Assert.That(Proven(0), Is.EqualTo(100));

        Read(10, 5);
        Assert.That(Proven(0), Is.EqualTo(100));
        Read(90, 30);
        Assert.That(Proven(0), Is.EqualTo(120));
    }

    [Test]
    public void Gap_between_two_readings_is_not_proven()
    {
        Read(0, 50);
        Read(51, 50);

        Assert.That((Proven(0), Proven(50), Proven(51)), Is.EqualTo((0UL, 50UL, 101UL)));
    }

    [Test]
    public void Reading_that_meets_damage_proves_only_what_was_read_before()
    {
        Read(0, 100);
        Flip(151);

        Assert.That(() => Read(100, 100), Throws.InstanceOf<JournalDamageException>());
        Assert.That((Proven(0), Proven(100), Proven(150)), Is.EqualTo((100UL, 100UL, 150UL)));
    }

    [Test]
    public void Reading_the_last_entries_and_none_proves_no_more_than_there_is()
    {
        Read(290, 100);
        Read(300, 100);

        Assert.That((Proven(290), Proven(300)), Is.EqualTo((300UL, 300UL)));
    }

    // The first entry of an epoch is its own, so sale n is entry n + 1.
    private void Flip(int sequence)
    {
        var text = System.Text.Encoding.ASCII.GetBytes($"sale-{sequence - 1}.");
        using var connection = JournalDatabase.OpenWriter(_world.Database);
        using var command = JournalDatabase.Prepare(connection, "SELECT record FROM entry WHERE sequence = $sequence", "$sequence");
        command.Parameters[0].Value = sequence;
        var record = (byte[])command.ExecuteScalar()!;
        record[record.AsSpan().LastIndexOf(text)] ^= 0x20;
        using var update = JournalDatabase.Prepare(connection, "UPDATE entry SET record = $record WHERE sequence = $sequence", "$record", "$sequence");
        update.Parameters[0].Value = record;
        update.Parameters[1].Value = sequence;
        Assert.That(update.ExecuteNonQuery(), Is.EqualTo(1));
    }

    private void Read(ulong after, int count) => Assert.That(_reader.Read(_epoch, after, count, int.MaxValue).Entries, Has.Count.EqualTo(Math.Min(count, (int)(Sales + 1 - after))));

    private ulong Proven(ulong from) => _reader.ProvenThrough(from);
}
