using Fleet.Agent.Tests.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Uplink;

/// <summary>What the server answers, or does not, and what the uplink makes of it.</summary>
[CancelAfter(60_000)]
public sealed class UplinkAnswerTests
{
    private UplinkWorld _uplink = null!;

    [SetUp]
    public void SetUp() => _uplink = new UplinkWorld();

    [TearDown]
    public async Task TearDown() => await _uplink.DisposeAsync();

    [Test]
    public async Task Lost_batch_is_sent_again_when_the_server_expects_it(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 39);
        _uplink.Start(static o => (o.BatchEntries, o.InFlight) = (10, 4));
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();
        _uplink.Link.Deliver(ledger.Take(await _uplink.Link.Batches.ReadAsync(cancellationToken)));
        await _uplink.Link.Batches.ReadAsync(cancellationToken);

        await _uplink.ServeAsync(ledger, 40, cancellationToken);

        Assert.That(ledger.Entries.Select(static e => e.Sequence), Is.Ordered);
        Assert.That(ledger.Entries, Has.Count.EqualTo(40));
        Assert.That(ledger.Duplicates, Is.LessThanOrEqualTo(20));
    }

    [Test]
    public async Task Duplicated_and_reordered_acknowledgements_lose_and_double_nothing(CancellationToken cancellationToken)
    {
        var random = new Random(7);
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 299);
        _uplink.Start(static o => (o.BatchEntries, o.InFlight) = (7, 5));
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();
        var held = new List<UplinkAck>();
        while (ledger.Entries.Count < 300)
        {
            var batch = await _uplink.ReadBatchAsync(held, cancellationToken);
            if (random.Next(6) == 0)
            {
                continue;
            }

            held.Add(ledger.Take(batch));
            held.Add(held[random.Next(held.Count)]);
            while (held.Count > random.Next(12))
            {
                var next = random.Next(held.Count);
                _uplink.Link.Deliver(held[next]);
                held.RemoveAt(next);
            }
        }

        held.ForEach(_uplink.Link.Deliver);
        Assert.That(ledger.Entries.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, 300).Select(static i => (ulong)i)));
        await _uplink.ServeUntilAsync(ledger, () => _uplink.Journal.Position.Unsent == 0, cancellationToken);
        Assert.That(ledger.Entries, Has.Count.EqualTo(300));
    }

    [Test]
    public async Task Silent_server_gets_everything_again_after_the_time_out(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 5);
        _uplink.Start();
        _uplink.Link.Connect();
        var first = await _uplink.Link.Batches.ReadAsync(cancellationToken);

        await _uplink.AdvanceUntilAsync(() => _uplink.Link.Batches.Count > 0, TimeSpan.FromSeconds(10), cancellationToken);

        Assert.That(await _uplink.Link.Batches.ReadAsync(cancellationToken), Is.EqualTo(first));
    }

    [Test]
    public async Task Server_that_stands_still_for_minutes_holds_one_window_and_no_more(CancellationToken cancellationToken)
    {
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 99);
        _uplink.Start(static o => (o.BatchEntries, o.InFlight) = (10, 4));
        _uplink.Link.HoldBatches(committed.Task);
        _uplink.Link.Connect();
        var held = new List<UplinkBatch>();
        for (var minute = 0.0; minute < 10; minute += 0.25)
        {
            _uplink.Clock.Advance(TimeSpan.FromSeconds(15));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancellationToken);
            while (_uplink.Link.Batches.TryRead(out var batch))
            {
                held.Add(batch);
            }
        }

        Assert.That(held.Select(static b => b.FirstSequence), Is.EqualTo(new ulong[] { 1, 11, 21, 31 }));
        var ledger = new LedgerTwin();
        held.ForEach(b => _uplink.Link.Deliver(ledger.Take(b)));
        committed.SetResult();
        await _uplink.ServeUntilAsync(ledger, () => _uplink.Journal.Position.Unsent == 0, cancellationToken);
        Assert.That(ledger.Entries, Has.Count.EqualTo(100));
    }

    [Test]
    public async Task Broken_chain_stops_the_uplink_with_one_alarm(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 5);
        _uplink.Start();
        _uplink.Link.Connect();
        for (var round = 0; round < 2; round++)
        {
            var batch = await _uplink.Link.Batches.ReadAsync(cancellationToken);
            _uplink.Link.Deliver(LedgerTwin.Answer(batch.Epoch, 3, UplinkAck.Types.Verdict.ChainBroken));
            await Eventually.TrueAsync(() => _uplink.Progress.StoppedReason.Contains("chain broken after entry 3", StringComparison.Ordinal), "the uplink says why it stopped");
            if (round == 0)
            {
                await _uplink.AdvanceUntilAsync(() => _uplink.Link.Batches.Count > 0, TimeSpan.FromMinutes(1), cancellationToken);
            }
        }

        var alarms = (await JournalWorld.ReadAllAsync(_uplink.Journal)).Count(static e => e.Alarm?.Code == "CHAIN_BROKEN");
        Assert.That(alarms, Is.EqualTo(1));
    }

    [Test]
    public async Task Server_that_holds_more_than_this_journal_begins_a_new_epoch_that_is_sent(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 5);
        _uplink.Start();
        _uplink.Link.Connect();
        var batch = await _uplink.Link.Batches.ReadAsync(cancellationToken);
        _uplink.Link.Deliver(LedgerTwin.Answer(batch.Epoch, 1000, UplinkAck.Types.Verdict.Expected));

        var next = await _uplink.Link.Batches.ReadAsync(cancellationToken);

        Assert.That(next.Epoch, Is.Not.EqualTo(batch.Epoch));
        Assert.That(JournalEntry.Parser.ParseFrom(next.Entries[0]).EpochStarted.PreviousLastSequence, Is.EqualTo(6));
    }

    [Test]
    public async Task Acknowledgement_that_is_garbage_or_of_another_epoch_is_dropped_and_still_taken_off_the_wire(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 5);
        _uplink.Start();
        _uplink.Link.Connect();
        var batch = await _uplink.Link.Batches.ReadAsync(cancellationToken);

        _uplink.Link.DeliverRaw(Fleet.Contracts.LinkChannel.Ack, [0xFF, 0xFF, 0xFF]);
        _uplink.Link.DeliverRaw(Fleet.Contracts.LinkChannel.Ack, []);
        _uplink.Link.Deliver(LedgerTwin.Answer(ByteString.CopyFrom(Guid.NewGuid().ToByteArray()), 6, UplinkAck.Types.Verdict.Stored));
        _uplink.Link.Deliver(LedgerTwin.Answer(batch.Epoch, 2, UplinkAck.Types.Verdict.Stored));

        await _uplink.Journal.WaitForAcknowledgementAsync(_uplink.Journal.Position.Epoch, 2, cancellationToken);
        await Eventually.TrueAsync(() => _uplink.Link.Acknowledged == 4, "all four are acknowledged");
        Assert.That(_uplink.Journal.Position.AcknowledgedThrough, Is.EqualTo(2));
    }

    [Test]
    public async Task Clock_offset_of_the_server_is_known_after_an_acknowledgement(CancellationToken cancellationToken)
    {
        _uplink.Start();
        _uplink.Link.Connect();
        await _uplink.ServeAsync(new LedgerTwin(), 1, cancellationToken);
        await _uplink.Journal.WaitForAcknowledgementAsync(_uplink.Journal.Position.Epoch, 1, cancellationToken);

        Assert.That(_uplink.Progress.ServerClockOffset, Is.EqualTo(DateTimeOffset.UnixEpoch.AddSeconds(1) - _uplink.Clock.GetUtcNow()));
    }
}
