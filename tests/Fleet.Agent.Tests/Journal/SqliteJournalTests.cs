using System.Text;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Journal;

public sealed class SqliteJournalTests
{
    private JournalWorld _world = null!;

    [SetUp]
    public void SetUp() => _world = new JournalWorld();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task First_start_begins_an_epoch_with_its_own_entry()
    {
        var journal = _world.Open();

        var entries = await JournalWorld.ReadAllAsync(journal);

        Assert.That(entries, Has.Count.EqualTo(1));
        Assert.That(entries[0].EpochStarted.Reason, Is.EqualTo(EpochStarted.Types.Reason.FirstStart));
        Assert.That(new Guid(entries[0].Epoch.Span, bigEndian: true), Is.EqualTo(journal.Position.Epoch));
        Assert.That(journal.Position.LastSequence, Is.EqualTo(1));
        Assert.That(journal.Position.AcknowledgedThrough, Is.Zero);
    }

    [Test]
    public async Task Append_is_stamped_numbered_and_still_there_after_opening_again()
    {
        var journal = _world.Open();
        var receipt = await journal.AppendAsync(
            new JournalWrite { Bodies = [JournalWorld.Intent("a"), JournalWorld.Sale("a")], State = [new StateChange("gate/state", "open"u8.ToArray())] },
            CancellationToken.None);
        await journal.DisposeAsync();

        var again = _world.Open();
        var entries = await JournalWorld.ReadAllAsync(again);

        Assert.That(receipt, Is.EqualTo(new JournalReceipt(again.Position.Epoch, 2, 3)));
        Assert.That(entries.Select(static e => e.BodyCase), Is.EqualTo(new[]
        {
            JournalEntry.BodyOneofCase.EpochStarted, JournalEntry.BodyOneofCase.Intent, JournalEntry.BodyOneofCase.Transaction,
        }));
        var wall = DateTimeOffset.UnixEpoch.AddTicks(entries[2].Stamp.WallUnixMicros * TimeSpan.TicksPerMicrosecond);
        Assert.That(wall, Is.EqualTo(_world.Clock.GetUtcNow()));
        Assert.That(entries[2].Stamp.BootId, Is.Not.Empty);
        Assert.That(await again.ReadStateAsync("gate/state", CancellationToken.None), Is.EqualTo("open"u8.ToArray()));
    }

    [Test]
    public async Task Wall_clock_that_jumps_back_leaves_order_and_monotonic_time_alone()
    {
        var journal = _world.Open();
        await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("before")), CancellationToken.None);
        _world.Clock.SetWallClock(_world.Clock.GetUtcNow().AddYears(-7));
        await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("after")), CancellationToken.None);

        var entries = await JournalWorld.ReadAllAsync(journal);

        Assert.That(entries[^1].Transaction.TransactionId, Is.EqualTo("after"));
        Assert.That(entries[^1].Stamp.WallUnixMicros, Is.LessThan(entries[^2].Stamp.WallUnixMicros));
        Assert.That(entries[^1].Stamp.MonotonicMicros, Is.GreaterThanOrEqualTo(entries[^2].Stamp.MonotonicMicros));
    }

    [Test]
    public async Task State_can_be_replaced_removed_and_listed_by_prefix()
    {
        var journal = _world.Open();
        await SetAsync(journal, ("command/1", "a"), ("command/2", "b"), ("commander", "c"), ("gate", "d"));
        await SetAsync(journal, ("command/1", "A"), ("command/2", null));

        var states = new List<string>();
        await foreach (var (key, value) in journal.ReadStatesAsync("command", CancellationToken.None))
        {
            states.Add($"{key}={Encoding.UTF8.GetString(value)}");
        }

        Assert.That(states, Is.EqualTo(new[] { "command/1=A", "commander=c" }));
        Assert.That(await journal.ReadStateAsync("command/2", CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Read_keeps_both_limits_but_gives_at_least_one_entry()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 10);

        var byCount = await journal.ReadAsync(0, 3, int.MaxValue, CancellationToken.None);
        var byBytes = await journal.ReadAsync(3, 100, 1, CancellationToken.None);

        Assert.That(byCount.Entries.Select(static e => e.Sequence), Is.EqualTo(new ulong[] { 1, 2, 3 }));
        Assert.That(byBytes.Entries.Select(static e => e.Sequence), Is.EqualTo(new ulong[] { 4 }));
        Assert.That(byBytes.PreviousHash.ToArray(), Is.EqualTo(byCount.LastHash.ToArray()));
    }

    [Test]
    public async Task Read_begins_anywhere_with_the_right_hash()
    {
        var journal = _world.Open();
        await Task.WhenAll(Enumerable.Range(0, 2500).Select(i => journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale($"{i}")), CancellationToken.None).AsTask()));
        var hashes = new Dictionary<ulong, byte[]>();
        await foreach (var run in RunsOfOneAsync(journal))
        {
            hashes[run.Entries[0].Sequence] = run.LastHash.ToArray();
        }

        foreach (var after in new ulong[] { 2048, 1, 1023, 1024, 1025, 2501, 2047 })
        {
            var run = await journal.ReadAsync(after, 10, int.MaxValue, CancellationToken.None);
            Assert.That(run.PreviousHash.ToArray(), Is.EqualTo(hashes[after]), $"after {after}");
        }
    }

    [Test]
    public async Task Producers_side_by_side_get_numbers_without_gaps()
    {
        var journal = _world.Open();
        var receipts = await Task.WhenAll(Enumerable.Range(0, 16).Select(producer => Task.Run(async () =>
        {
            var own = new List<ulong>();
            for (var i = 0; i < 50; i++)
            {
                own.Add((await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale($"{producer}-{i}")), CancellationToken.None)).LastSequence);
            }

            return own;
        })));

        Assert.That(receipts.SelectMany(static r => r).Order(), Is.EqualTo(Enumerable.Range(2, 800).Select(static i => (ulong)i)));
        Assert.That(receipts, Has.All.Ordered);
        Assert.That(await JournalWorld.ReadAllAsync(journal), Has.Count.EqualTo(801));
    }

    [Test]
    public async Task Writes_that_wait_share_one_commit()
    {
        var points = new BlockingCrashPoints();
        _world.CrashPoints = points;
        var journal = _world.Open();
        var first = Task.Run(async () => await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("first")), CancellationToken.None));
        await points.FirstReached;
        var others = Enumerable.Range(0, 20).Select(i => journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale($"{i}")), CancellationToken.None).AsTask()).ToArray();
        points.Release();
        await Task.WhenAll([first, .. others]);

        var expected = new[] { "commit-transaction-before", "commit-transaction-after" }
            .Concat(Enumerable.Repeat("commit-transaction-before", 20)).Concat(Enumerable.Repeat("commit-transaction-after", 20));
        Assert.That(points.Seen, Is.EqualTo(expected));
    }

    [Test]
    public async Task Write_that_is_cancelled_while_it_waits_leaves_nothing()
    {
        var points = new BlockingCrashPoints();
        _world.CrashPoints = points;
        var journal = _world.Open();
        var first = Task.Run(async () => await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("first")), CancellationToken.None));
        await points.FirstReached;
        using var cancelled = new CancellationTokenSource();
        var second = journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("second")), cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        points.Release();

        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
        await first;
        await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("third")), CancellationToken.None);
        var ids = (await JournalWorld.ReadAllAsync(journal)).Skip(1).Select(static e => e.Transaction.TransactionId);
        Assert.That(ids, Is.EqualTo(new[] { "first", "third" }));
    }

    [Test]
    public void Write_that_can_never_be_stored_is_refused_with_its_reason()
    {
        var journal = _world.Open();

        Assert.Multiple(() =>
        {
            Refused(new JournalWrite(), "empty");
            Refused(JournalWrite.Of(new JournalEntry()), "no body");
            Refused(JournalWrite.Of(Alarms.Warning("X", new string('x', JournalOptions.MaximumEntryBytes))), "Alarm entry has more than");
            Refused(new JournalWrite { State = [new StateChange(string.Empty, [1])] }, "1 to 200 characters");
            Refused(new JournalWrite { State = [new StateChange("k", new byte[JournalOptions.MaximumStateBytes + 1])] }, "'k' has more than");
        });

        void Refused(JournalWrite write, string why)
        {
            var error = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.AppendAsync(write, CancellationToken.None));
            Assert.That(error!.Fault, Is.EqualTo(JournalFault.Invalid));
            Assert.That(error.Message, Does.Contain(why));
        }
    }

    [Test]
    public void Data_directory_that_is_in_use_is_refused_to_a_second_agent()
    {
        _world.Open();

        var error = Assert.Throws<JournalFaultException>(() => _world.Open());

        Assert.That(error!.Message, Does.Contain("another agent"));
    }

    [Test]
    public async Task Journal_that_is_closed_says_so()
    {
        var journal = _world.Open();
        await journal.DisposeAsync();

        var append = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("x")), CancellationToken.None));
        var read = Assert.ThrowsAsync<JournalFaultException>(async () => await journal.ReadStateAsync("x", CancellationToken.None));

        Assert.That(append!.Fault, Is.EqualTo(JournalFault.Closed));
        Assert.That(read!.Fault, Is.EqualTo(JournalFault.Closed));
    }

    private static async Task SetAsync(ITransactionJournal journal, params (string Key, string? Value)[] states) =>
        await journal.AppendAsync(
            new JournalWrite { State = [.. states.Select(static s => new StateChange(s.Key, s.Value is null ? null : Encoding.UTF8.GetBytes(s.Value)))] },
            CancellationToken.None);

    private static async IAsyncEnumerable<JournalRun> RunsOfOneAsync(ITransactionJournal journal)
    {
        for (ulong after = 0; ; after++)
        {
            var run = await journal.ReadAsync(after, 1, int.MaxValue, CancellationToken.None);
            if (run.Entries.Count == 0)
            {
                yield break;
            }

            yield return run;
        }
    }

    private sealed class BlockingCrashPoints : ICrashPoints
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();
        private readonly List<string> _seen = [];

        public Task FirstReached => _first.Task;

        public IEnumerable<string> Seen => _seen;

        public void Release() => _released.Set();

        public void Reached(string point)
        {
            if (!point.StartsWith("commit-", StringComparison.Ordinal))
            {
                return;
            }

            _seen.Add(point);
            _first.TrySetResult();
            _released.Wait();
        }
    }
}
