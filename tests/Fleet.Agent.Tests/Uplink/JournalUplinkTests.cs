using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Journal;
using Fleet.Agent.Tests.Link;
using Fleet.Agent.Uplink;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Uplink;

[CancelAfter(60_000)]
public sealed class JournalUplinkTests
{
    private JournalWorld _world = null!;
    private MemoryFleetLink _link = null!;
    private SqliteJournal _journal = null!;
    private UplinkProgress _progress = null!;
    private CancellationTokenSource _stop = null!;
    private Task _running = null!;

    [SetUp]
    public void SetUp()
    {
        (_world, _link, _progress, _stop) = (new JournalWorld(), new MemoryFleetLink(), new UplinkProgress(), new CancellationTokenSource());
        _journal = _world.Open();
        _running = Task.CompletedTask;
    }

    [TearDown]
    public async Task TearDown()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Hello_comes_first_on_every_connection(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 3);
        Start();
        _link.Connect();

        var hello = (await _link.Control.ReadAsync(cancellationToken)).Hello;

        Assert.That(hello.LastSequence, Is.EqualTo(4));
        Assert.That(hello.CommandCounter, Is.EqualTo(7));
        Assert.That(hello.OpenCommandIds, Is.EqualTo(new[] { "open-1" }));
        Assert.That(hello.AgentVersion, Is.EqualTo("1.2.3"));
        await _link.Batches.ReadAsync(cancellationToken);
        _link.Lose();
        _link.Connect();
        Assert.That((await _link.Control.ReadAsync(cancellationToken)).Hello, Is.Not.Null);
    }

    [Test]
    public async Task Backlog_arrives_in_order_and_is_acknowledged_to_the_end(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 95);
        Start(static o => o.BatchEntries = 10);
        _link.Connect();
        var ledger = new LedgerTwin();

        await ServeAsync(ledger, 96, cancellationToken);

        Assert.That(ledger.Entries.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, 96).Select(static i => (ulong)i)));
        Assert.That(ledger.Duplicates, Is.Zero);
        await _journal.WaitForAcknowledgementAsync(_journal.Position.Epoch, 96, cancellationToken);
    }

    [Test]
    public async Task Hundred_thousand_sales_without_a_server_arrive_once_and_in_order(CancellationToken cancellationToken)
    {
        const int sales = 100_000;
        const int group = 1_000;
        for (var i = 0; i < sales; i += group)
        {
            var from = i;
            await _journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(from, group).Select(static n => JournalWorld.Sale($"sale-{n}"))] }, cancellationToken);
        }

        Start();
        _link.Connect();
        var ledger = new LedgerTwin();
        await ServeAsync(ledger, sales + 1, cancellationToken);

        Assert.That(ledger.Duplicates, Is.Zero);
        Assert.That(ledger.Entries.Skip(1).Select(static e => e.Transaction.TransactionId), Is.EqualTo(Enumerable.Range(0, sales).Select(static n => $"sale-{n}")));
    }

    [Test]
    public async Task Entry_that_comes_between_two_looks_is_sent([Range(1, 16)] int look)
    {
        var eager = new EagerJournal(_journal, look);
        Start(journal: eager);
        _link.Connect();
        var ledger = new LedgerTwin();
        var idle = 0;

        await Eventually.TrueAsync(
            () =>
            {
                idle++;
                if (_link.Batches.TryRead(out var batch))
                {
                    _link.Deliver(ledger.Take(batch));
                    idle = 0;
                }

                // It may also sleep before it ever looks so often.
                return ledger.Entries.Count == 2 || (!eager.HasStruck && idle > 30);
            },
            $"the entry of look {look} is sent");
    }

    [Test]
    public async Task No_more_batches_are_in_flight_than_allowed(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 50);
        Start(static o => (o.BatchEntries, o.InFlight) = (5, 3));
        _link.Connect();
        var first = await _link.Batches.ReadAsync(cancellationToken);
        await _link.Batches.ReadAsync(cancellationToken);
        await _link.Batches.ReadAsync(cancellationToken);
        await _world.Clock.WaitForTimersAsync(2, cancellationToken);
        Assert.That(_link.Batches.TryRead(out _), Is.False);

        _link.Deliver(LedgerTwin.Answer(first.Epoch, 5, UplinkAck.Types.Verdict.Stored));

        Assert.That((await _link.Batches.ReadAsync(cancellationToken)).FirstSequence, Is.EqualTo(16));
    }

    [Test]
    public async Task New_entry_leaves_at_once_when_nothing_is_in_flight(CancellationToken cancellationToken)
    {
        Start();
        _link.Connect();
        var ledger = new LedgerTwin();
        await ServeAsync(ledger, 1, cancellationToken);

        await JournalWorld.AppendSalesAsync(_journal, 1);

        Assert.That((await _link.Batches.ReadAsync(cancellationToken)).FirstSequence, Is.EqualTo(2));
    }

    [Test]
    public async Task Small_batch_behind_another_waits_for_its_age(CancellationToken cancellationToken)
    {
        Start();
        _link.Connect();
        await _link.Batches.ReadAsync(cancellationToken);
        await JournalWorld.AppendSalesAsync(_journal, 2);
        await _world.Clock.WaitForTimersAsync(2, cancellationToken);
        Assert.That(_link.Batches.TryRead(out _), Is.False);

        await AdvanceUntilAsync(() => _link.Batches.Count > 0, TimeSpan.FromMilliseconds(50), cancellationToken);

        var batch = await _link.Batches.ReadAsync(cancellationToken);
        Assert.That((batch.FirstSequence, batch.Entries.Count), Is.EqualTo((2UL, 2)));
    }

    [Test]
    public async Task Lost_batch_is_sent_again_when_the_server_expects_it(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 39);
        Start(static o => (o.BatchEntries, o.InFlight) = (10, 4));
        _link.Connect();
        var ledger = new LedgerTwin();
        _link.Deliver(ledger.Take(await _link.Batches.ReadAsync(cancellationToken)));
        await _link.Batches.ReadAsync(cancellationToken);

        await ServeAsync(ledger, 40, cancellationToken);

        Assert.That(ledger.Entries.Select(static e => e.Sequence), Is.Ordered);
        Assert.That(ledger.Entries, Has.Count.EqualTo(40));
        Assert.That(ledger.Duplicates, Is.LessThanOrEqualTo(20));
    }

    [Test]
    public async Task Duplicated_and_reordered_acknowledgements_lose_and_double_nothing(CancellationToken cancellationToken)
    {
        var random = new Random(7);
        await JournalWorld.AppendSalesAsync(_journal, 299);
        Start(static o => (o.BatchEntries, o.InFlight) = (7, 5));
        _link.Connect();
        var ledger = new LedgerTwin();
        var held = new List<UplinkAck>();
        while (ledger.Entries.Count < 300)
        {
            var batch = await ReadBatchAsync(held, cancellationToken);
            if (random.Next(6) == 0)
            {
                continue;
            }

            held.Add(ledger.Take(batch));
            held.Add(held[random.Next(held.Count)]);
            while (held.Count > random.Next(12))
            {
                var next = random.Next(held.Count);
                _link.Deliver(held[next]);
                held.RemoveAt(next);
            }
        }

        held.ForEach(_link.Deliver);
        Assert.That(ledger.Entries.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, 300).Select(static i => (ulong)i)));
        await ServeUntilAsync(ledger, () => _journal.Position.Unsent == 0, cancellationToken);
        Assert.That(ledger.Entries, Has.Count.EqualTo(300));
    }

    [Test]
    public async Task Silent_server_gets_everything_again_after_the_time_out(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 5);
        Start();
        _link.Connect();
        var first = await _link.Batches.ReadAsync(cancellationToken);

        await AdvanceUntilAsync(() => _link.Batches.Count > 0, TimeSpan.FromSeconds(10), cancellationToken);

        Assert.That(await _link.Batches.ReadAsync(cancellationToken), Is.EqualTo(first));
    }

    [Test]
    public async Task Connection_that_comes_back_resumes_at_the_checkpoint(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 20);
        Start(static o => o.BatchEntries = 5);
        _link.Connect();
        var first = await _link.Batches.ReadAsync(cancellationToken);
        _link.Deliver(LedgerTwin.Answer(first.Epoch, 5, UplinkAck.Types.Verdict.Stored));
        await _journal.WaitForAcknowledgementAsync(_journal.Position.Epoch, 5, cancellationToken);
        _link.Lose();
        await _link.Control.ReadAsync(cancellationToken);
        while (_link.Batches.TryRead(out _))
        {
            // What the dead connection still carried is lost.
        }

        _link.Connect();
        await _link.Control.ReadAsync(cancellationToken);

        Assert.That(await FirstOfAsync(6, cancellationToken), Is.True);
    }

    [Test]
    public async Task Broken_chain_stops_the_uplink_with_one_alarm(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 5);
        Start();
        _link.Connect();
        for (var round = 0; round < 2; round++)
        {
            var batch = await _link.Batches.ReadAsync(cancellationToken);
            _link.Deliver(LedgerTwin.Answer(batch.Epoch, 3, UplinkAck.Types.Verdict.ChainBroken));
            await Fleet.Testing.Eventually.TrueAsync(() => _progress.StoppedReason.Contains("chain broken after entry 3", StringComparison.Ordinal), "the uplink says why it stopped");
            if (round == 0)
            {
                await AdvanceUntilAsync(() => _link.Batches.Count > 0, TimeSpan.FromMinutes(1), cancellationToken);
            }
        }

        var alarms = (await JournalWorld.ReadAllAsync(_journal)).Count(static e => e.Alarm?.Code == "CHAIN_BROKEN");
        Assert.That(alarms, Is.EqualTo(1));
    }

    [Test]
    public async Task Server_that_holds_more_than_this_journal_begins_a_new_epoch_that_is_sent(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 5);
        Start();
        _link.Connect();
        var batch = await _link.Batches.ReadAsync(cancellationToken);
        _link.Deliver(LedgerTwin.Answer(batch.Epoch, 1000, UplinkAck.Types.Verdict.Expected));

        var next = await _link.Batches.ReadAsync(cancellationToken);

        Assert.That(next.Epoch, Is.Not.EqualTo(batch.Epoch));
        Assert.That(JournalEntry.Parser.ParseFrom(next.Entries[0]).EpochStarted.PreviousLastSequence, Is.EqualTo(6));
    }

    [Test]
    public async Task Acknowledgement_that_is_garbage_or_of_another_epoch_is_dropped_and_still_taken_off_the_wire(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_journal, 5);
        Start();
        _link.Connect();
        var batch = await _link.Batches.ReadAsync(cancellationToken);

        _link.DeliverRaw(Fleet.Contracts.LinkChannel.Ack, [0xFF, 0xFF, 0xFF]);
        _link.DeliverRaw(Fleet.Contracts.LinkChannel.Ack, []);
        _link.Deliver(LedgerTwin.Answer(ByteString.CopyFrom(Guid.NewGuid().ToByteArray()), 6, UplinkAck.Types.Verdict.Stored));
        _link.Deliver(LedgerTwin.Answer(batch.Epoch, 2, UplinkAck.Types.Verdict.Stored));

        await _journal.WaitForAcknowledgementAsync(_journal.Position.Epoch, 2, cancellationToken);
        await Fleet.Testing.Eventually.TrueAsync(() => _link.Acknowledged == 4, "all four are acknowledged");
        Assert.That(_journal.Position.AcknowledgedThrough, Is.EqualTo(2));
    }

    [Test]
    public async Task Clock_offset_of_the_server_is_known_after_an_acknowledgement(CancellationToken cancellationToken)
    {
        Start();
        _link.Connect();
        await ServeAsync(new LedgerTwin(), 1, cancellationToken);
        await _journal.WaitForAcknowledgementAsync(_journal.Position.Epoch, 1, cancellationToken);

        Assert.That(_progress.ServerClockOffset, Is.EqualTo(DateTimeOffset.UnixEpoch.AddSeconds(1) - _world.Clock.GetUtcNow()));
    }

    private void Start(Action<UplinkOptions>? configure = null, ITransactionJournal? journal = null)
    {
        var options = new UplinkOptions();
        configure?.Invoke(options);
        var context = new UplinkContext(_world.Clock, "1.2.3", static () => 1, NullLogger<JournalUplink>.Instance);
        var uplink = new JournalUplink(journal ?? _journal, _link, new Standing(), options, _progress, context);
        _running = Task.Run(() => uplink.RunAsync(_stop.Token), CancellationToken.None);
    }

    private Task ServeAsync(LedgerTwin ledger, int entries, CancellationToken cancellationToken) =>
        ServeUntilAsync(ledger, () => ledger.Entries.Count >= entries, cancellationToken);

    private async Task ServeUntilAsync(LedgerTwin ledger, Func<bool> enough, CancellationToken cancellationToken)
    {
        while (!enough())
        {
            if (_link.Batches.TryRead(out var batch))
            {
                _link.Deliver(ledger.Take(batch));
            }
            else
            {
                _world.Clock.Advance(TimeSpan.FromMilliseconds(20));
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            }
        }
    }

    // Nothing comes any more: what is held back is what the agent waits for.
    private async Task<UplinkBatch> ReadBatchAsync(List<UplinkAck> held, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_link.Batches.TryRead(out var batch))
            {
                return batch;
            }

            held.ForEach(_link.Deliver);
            held.Clear();
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    private async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            _world.Clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    private async Task<bool> FirstOfAsync(ulong sequence, CancellationToken cancellationToken)
    {
        // A batch of the old connection may still have slipped in before the new one began.
        for (var i = 0; i < 10; i++)
        {
            if ((await _link.Batches.ReadAsync(cancellationToken)).FirstSequence == sequence)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A journal that gets a new entry at the n-th look at its position, between two looks of whoever reads it.</summary>
    private sealed class EagerJournal(SqliteJournal journal, int look) : ITransactionJournal
    {
        private int _looks;

        public bool HasStruck => Volatile.Read(ref _looks) >= look;

        public JournalPosition Position
        {
            get
            {
                if (Interlocked.Increment(ref _looks) == look)
                {
                    var before = journal.Position.LastSequence;
                    _ = journal.AppendAsync(JournalWrite.Of(JournalWorld.Sale("late")), CancellationToken.None).AsTask();
                    SpinWait.SpinUntil(() => journal.Position.LastSequence > before);
                }

                return journal.Position;
            }
        }

        public JournalCondition Condition => journal.Condition;

        public ValueTask<JournalReceipt> AppendAsync(JournalWrite write, CancellationToken cancellationToken) => journal.AppendAsync(write, cancellationToken);

        public ValueTask<byte[]?> ReadStateAsync(string key, CancellationToken cancellationToken) => journal.ReadStateAsync(key, cancellationToken);

        public IAsyncEnumerable<KeyValuePair<string, byte[]>> ReadStatesAsync(string prefix, CancellationToken cancellationToken) => journal.ReadStatesAsync(prefix, cancellationToken);

        public ValueTask<JournalRun> ReadAsync(ulong afterSequence, int maxEntries, int maxBytes, CancellationToken cancellationToken) =>
            journal.ReadAsync(afterSequence, maxEntries, maxBytes, cancellationToken);

        public ValueTask AcknowledgeAsync(Guid epoch, ulong through, CancellationToken cancellationToken) => journal.AcknowledgeAsync(epoch, through, cancellationToken);

        public Task WaitForEntriesAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) => journal.WaitForEntriesAsync(epoch, sequence, cancellationToken);

        public Task<bool> WaitForAcknowledgementAsync(Guid epoch, ulong sequence, CancellationToken cancellationToken) =>
            journal.WaitForAcknowledgementAsync(epoch, sequence, cancellationToken);
    }

    private sealed class Standing : ICommandStanding
    {
        public ulong HighestCounter => 7;

        public IReadOnlyList<string> OpenCommandIds => ["open-1"];
    }
}
