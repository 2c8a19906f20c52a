using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Ingest;
using Fleet.Server.Storage.Tests.World;
using Fleet.Testing;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Tests.Ingest;

public sealed class UplinkIngestTests
{
    private StorageWorld _world = null!;
    private UplinkIngest _ingest = null!;
    private ScriptedJournal _journal = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite);
        _ingest = new UplinkIngest(_world.Journal, new IngestOptions(), _world.Clock, NullLogger<UplinkIngest>.Instance);
        _journal = await _world.ActivateAsync();
    }

    [TearDown]
    public async Task StopAsync() => await _world.DisposeAsync();

    [Test]
    public async Task Batch_is_acknowledged_through_its_last_entry()
    {
        _journal.Payment(100);

        var ack = await SubmitAsync(_journal.Batch(3, 4));

        Assert.That(ack, Is.EqualTo(new UplinkAck
        {
            Epoch = ByteString.CopyFrom(_journal.Epoch),
            Through = 4,
            Verdict = UplinkAck.Types.Verdict.Stored,
            ServerUnixMicros = TestClock.Start.ToUnixTimeMilliseconds() * 1000,
        }));
    }

    [Test]
    public async Task Batch_behind_a_gap_is_told_what_is_expected()
    {
        _journal.Payment(100);

        var ack = await SubmitAsync(_journal.Batch(4, 4));

        Assert.That((ack.Verdict, ack.Through), Is.EqualTo((UplinkAck.Types.Verdict.Expected, 2)));
    }

    [Test]
    public async Task Batch_on_another_chain_is_refused_with_an_alarm()
    {
        _journal.Payment(100);
        var batch = _journal.Batch(3, 3);
        batch.PreviousHash = ByteString.CopyFrom(new byte[32]);
        batch.LastHash = ByteString.CopyFrom(JournalChain.Next(new byte[32], batch.Entries[0].Span));

        var ack = await SubmitAsync(batch);

        Assert.That((ack.Verdict, ack.Through), Is.EqualTo((UplinkAck.Types.Verdict.ChainBroken, 2)));
        Assert.That((await _world.AlarmsAsync()).Single().Code, Is.EqualTo(ReasonCodes.ChainBroken));
    }

    public static IEnumerable<TestCaseData> Faults()
    {
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.Epoch = ByteString.CopyFrom(1, 2)), "epoch has 2 bytes");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.FirstSequence = 0), "first_sequence is 0");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.FirstSequence = ulong.MaxValue), "first_sequence is 18446744073709551615");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.PreviousHash = ByteString.Empty), "previous_hash has 0 bytes");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.LastHash = ByteString.CopyFrom(1)), "last_hash has 1 bytes");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.LastHash = ByteString.CopyFrom(new byte[32])), "last_hash is not the chain hash");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.Entries.Clear()), "entries is empty");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.Entries[1] = ByteString.CopyFrom(0xff, 0xff)), "entries[1] is no journal entry");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.Entries[1] = b.Entries[0]), "entries[1] has sequence 3 instead of 4");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.Entries[0] = ByteString.CopyFrom(new byte[70_000])), "entries[0] has 70000 bytes");
        yield return new TestCaseData((Action<UplinkBatch>)(b => b.Entries.Add(Enumerable.Repeat(ByteString.Empty, 5_000))), "entries holds 5002");
        yield return new TestCaseData(
            (Action<UplinkBatch>)(b => b.Entries[0] = new JournalEntry { Epoch = ByteString.CopyFrom(new byte[16]), Sequence = 3 }.ToByteString()), "entries[0] belongs to another epoch");
    }

    [TestCaseSource(nameof(Faults))]
    public async Task Faulty_batch_is_refused_by_its_field_and_stores_nothing(Action<UplinkBatch> damage, string text)
    {
        _journal.Payment(100);
        var batch = _journal.Batch(3, 4);
        damage(batch);

        var ack = await SubmitAsync(batch);

        Assert.That(ack.Verdict, Is.EqualTo(UplinkAck.Types.Verdict.ChainBroken));
        Assert.That(ack.Detail, Does.Contain(text));
        Assert.That((await _world.AlarmsAsync()).Single().Detail, Does.Contain(text));
        Assert.That(await _world.CountAsync("SELECT MAX(last_sequence) FROM journal_runs"), Is.EqualTo(2));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public Property Any_damage_to_the_bytes_of_a_batch_is_refused_or_changes_nothing()
    {
        var damage = from place in Gen.Choose(0, 2_000) from value in Gen.Choose(0, 255) select (place, value);
        return Prop.ForAll(damage.ToArbitrary(), static d =>
        {
            var journal = new ScriptedJournal("lane1");
            journal.Start();
            journal.Payment(100);
            var bytes = journal.Batch(1, 3).ToByteArray();
            bytes[d.place % bytes.Length] = (byte)d.value;
            UplinkBatch batch;
            try
            {
                batch = UplinkBatch.Parser.ParseFrom(bytes);
            }
            catch (InvalidProtocolBufferException)
            {
                return true;
            }

            return !BatchReader.TryRead(journal.Terminal, batch, out var run, out _)
                || run.Entries.Select(static e => e.Bytes).SequenceEqual(journal.Entries.Select(static e => e.Bytes));
        });
    }

    [Test]
    public async Task Many_terminals_at_once_lose_and_double_nothing()
    {
        var journals = new List<ScriptedJournal>();
        for (var i = 0; i < 20; i++)
        {
            await _world.RegisterAsync($"many{i}");
            var journal = new ScriptedJournal($"many{i}");
            journal.Start();
            for (var p = 0; p < 30; p++)
            {
                journal.Payment(100 + p);
            }

            journals.Add(journal);
        }

        // Every agent sends one entry at a time, and everything twice.
        await Task.WhenAll(journals.Select(journal => Task.Run(async () =>
        {
            for (var s = 1; s <= journal.Length; s++)
            {
                var acks = await Task.WhenAll(SubmitAsync(journal.Batch(s, s), journal), SubmitAsync(journal.Batch(s, s), journal));
                Assert.That(acks.Select(static a => a.Verdict), Is.All.EqualTo(UplinkAck.Types.Verdict.Stored), acks[0].Detail + acks[1].Detail);
            }
        })));

        var sum = StorageWorld.Accepted(await _world.Ledger.SummarizeAsync(null, string.Empty, CancellationToken.None)).Approved.Single();
        Assert.That((sum.Count, sum.Sum.MinorUnits), Is.EqualTo((600, 20 * Enumerable.Range(100, 30).Sum())));
    }

    [Test]
    public async Task Agent_that_drains_lets_others_in_after_what_it_has_in_flight()
    {
        const int warm = 30, most = 400, perBatch = 50, inFlight = 8;
        await _world.RegisterAsync("drains");
        var backlog = new ScriptedJournal("drains");
        _journal.Outcome("other", 100);
        var sent = 0;
        var otherIsIn = false;
        var drains = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var draining = Task.Run(async () =>
        {
            // Never the first to end: it goes on for as long as the other one waits, up to a length that would be unfair for certain.
            var waiting = new Queue<Task>();
            while (sent < most && !Volatile.Read(ref otherIsIn))
            {
                for (var i = 0; i < perBatch; i++)
                {
                    backlog.Outcome($"b{sent}-{i}", 100);
                }

                waiting.Enqueue(SubmitAsync(backlog.Batch(1 + (sent * perBatch), (sent + 1) * perBatch), backlog));
                Volatile.Write(ref sent, sent + 1);
                if (sent == warm)
                {
                    drains.SetResult();
                }

                if (waiting.Count == inFlight)
                {
                    await waiting.Dequeue();
                }
            }

            await Task.WhenAll(waiting);
        });
        await drains.Task;
        var other = SubmitAsync(_journal.Batch(3, 3));
        var before = Volatile.Read(ref sent);
        await other;
        Volatile.Write(ref otherIsIn, true);
        await draining;

        // Versions are given in the order of the commits: what was committed before is no more than what had been sent, give or take the one at the door.
        var earlier = await _world.CountAsync("SELECT COUNT(*) FROM transactions WHERE terminal_id = 'drains' AND version < (SELECT version FROM transactions WHERE id = 'other')");
        Assert.That(earlier, Is.LessThanOrEqualTo((before + 1) * perBatch));
        Assert.That(sent, Is.LessThan(most), "the other was in before the drain was over");
        Assert.That(await _world.CountAsync("SELECT COUNT(*) FROM transactions"), Is.EqualTo((sent * perBatch) + 1));
    }

    [Test]
    public void Options_tell_their_faults_with_the_key()
    {
        Assert.That(new IngestOptions { LargestBytesInFlight = 1 }.Validate().Single(), Does.StartWith("ingest.largest_bytes_in_flight:"));
        Assert.That(new IngestOptions().Validate(), Is.Empty);
    }

    private Task<UplinkAck> SubmitAsync(UplinkBatch batch, ScriptedJournal? journal = null) =>
        _ingest.SubmitAsync((journal ?? _journal).Terminal, batch, CancellationToken.None).AsTask();
}
