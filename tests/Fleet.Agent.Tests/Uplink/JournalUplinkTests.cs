using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Uplink;

/// <summary>What is sent, in which order, how much at once and when.</summary>
[CancelAfter(60_000)]
public sealed class JournalUplinkTests
{
    private UplinkWorld _uplink = null!;

    [SetUp]
    public void SetUp() => _uplink = new UplinkWorld();

    [TearDown]
    public async Task TearDown() => await _uplink.DisposeAsync();

    [Test]
    public async Task Hello_comes_first_on_every_connection(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 3);
        _uplink.Start();
        _uplink.Link.Connect();

        var hello = (await _uplink.Link.Control.ReadAsync(cancellationToken)).Hello;

        Assert.That(hello.LastSequence, Is.EqualTo(4));
        Assert.That(hello.CommandCounter, Is.EqualTo(7));
        Assert.That(hello.OpenCommandIds, Is.EqualTo(new[] { "open-1" }));
        Assert.That(hello.AgentVersion, Is.EqualTo("1.2.3"));
        await _uplink.Link.Batches.ReadAsync(cancellationToken);
        _uplink.Link.Lose();
        _uplink.Link.Connect();
        Assert.That((await _uplink.Link.Control.ReadAsync(cancellationToken)).Hello, Is.Not.Null);
    }

    [Test]
    public async Task Backlog_arrives_in_order_and_is_acknowledged_to_the_end(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 95);
        _uplink.Start(static o => o.BatchEntries = 10);
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();

        await _uplink.ServeAsync(ledger, 96, cancellationToken);

        Assert.That(ledger.Entries.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, 96).Select(static i => (ulong)i)));
        Assert.That(ledger.Duplicates, Is.Zero);
        await _uplink.Journal.WaitForAcknowledgementAsync(_uplink.Journal.Position.Epoch, 96, cancellationToken);
    }

    [Test]
    public async Task Hundred_thousand_sales_without_a_server_arrive_once_and_in_order(CancellationToken cancellationToken)
    {
        const int sales = 100_000;
        const int group = 1_000;
        for (var i = 0; i < sales; i += group)
        {
            var from = i;
            await _uplink.Journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(from, group).Select(static n => JournalWorld.Sale($"sale-{n}"))] }, cancellationToken);
        }

        _uplink.Start();
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();
        await _uplink.ServeAsync(ledger, sales + 1, cancellationToken);

        Assert.That(ledger.Duplicates, Is.Zero);
        Assert.That(ledger.Entries.Skip(1).Select(static e => e.Transaction.TransactionId), Is.EqualTo(Enumerable.Range(0, sales).Select(static n => $"sale-{n}")));
    }

    [Test]
    public async Task Entry_that_comes_between_two_looks_is_sent([Range(1, 16)] int look)
    {
        var eager = new EagerJournal(_uplink.Journal, look);
        _uplink.Start(journal: eager);
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();
        var idle = 0;

        await Eventually.TrueAsync(
            () =>
            {
                idle++;
                if (_uplink.Link.Batches.TryRead(out var batch))
                {
                    _uplink.Link.Deliver(ledger.Take(batch));
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
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 50);
        _uplink.Start(static o => (o.BatchEntries, o.InFlight) = (5, 3));
        _uplink.Link.Connect();
        var first = await _uplink.Link.Batches.ReadAsync(cancellationToken);
        await _uplink.Link.Batches.ReadAsync(cancellationToken);
        await _uplink.Link.Batches.ReadAsync(cancellationToken);
        await _uplink.Clock.WaitForTimersAsync(2, cancellationToken);
        Assert.That(_uplink.Link.Batches.TryRead(out _), Is.False);

        _uplink.Link.Deliver(LedgerTwin.Answer(first.Epoch, 5, UplinkAck.Types.Verdict.Stored));

        Assert.That((await _uplink.Link.Batches.ReadAsync(cancellationToken)).FirstSequence, Is.EqualTo(16));
    }

    [Test]
    public async Task New_entry_leaves_at_once_when_nothing_is_in_flight(CancellationToken cancellationToken)
    {
        _uplink.Start();
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();
        await _uplink.ServeAsync(ledger, 1, cancellationToken);

        await JournalWorld.AppendSalesAsync(_uplink.Journal, 1);

        Assert.That((await _uplink.Link.Batches.ReadAsync(cancellationToken)).FirstSequence, Is.EqualTo(2));
    }

    [Test]
    public async Task Small_batch_behind_another_waits_for_its_age(CancellationToken cancellationToken)
    {
        _uplink.Start();
        _uplink.Link.Connect();
        await _uplink.Link.Batches.ReadAsync(cancellationToken);
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 2);
        await _uplink.Clock.WaitForTimersAsync(2, cancellationToken);
        Assert.That(_uplink.Link.Batches.TryRead(out _), Is.False);

        await _uplink.AdvanceUntilAsync(() => _uplink.Link.Batches.Count > 0, TimeSpan.FromMilliseconds(50), cancellationToken);

        var batch = await _uplink.Link.Batches.ReadAsync(cancellationToken);
        Assert.That((batch.FirstSequence, batch.Entries.Count), Is.EqualTo((2UL, 2)));
    }

    [Test]
    public async Task Connection_that_comes_back_resumes_at_the_checkpoint(CancellationToken cancellationToken)
    {
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 20);
        _uplink.Start(static o => o.BatchEntries = 5);
        _uplink.Link.Connect();
        var first = await _uplink.Link.Batches.ReadAsync(cancellationToken);
        _uplink.Link.Deliver(LedgerTwin.Answer(first.Epoch, 5, UplinkAck.Types.Verdict.Stored));
        await _uplink.Journal.WaitForAcknowledgementAsync(_uplink.Journal.Position.Epoch, 5, cancellationToken);
        _uplink.Link.Lose();
        await _uplink.Link.Control.ReadAsync(cancellationToken);
        while (_uplink.Link.Batches.TryRead(out _))
        {
            // What the dead connection still carried is lost.
        }

        _uplink.Link.Connect();
        await _uplink.Link.Control.ReadAsync(cancellationToken);

        Assert.That(await _uplink.FirstOfAsync(6, cancellationToken), Is.True);
    }

    [Test]
    public async Task Backlog_keeps_to_its_share_of_a_narrow_line(CancellationToken cancellationToken)
    {
        const int rate = 4096;
        await JournalWorld.AppendSalesAsync(_uplink.Journal, 300);
        var start = _uplink.Clock.GetTimestamp();
        _uplink.Start(static o => (o.BatchEntries, o.BytesPerSecond) = (10, rate));
        _uplink.Link.Connect();
        var ledger = new LedgerTwin();
        var sent = 0L;
        await _uplink.ServeUntilAsync(ledger, () => ledger.Entries.Count > 300, cancellationToken, batch =>
        {
            // A batch leaves when those before it have been earned.
            var earned = rate * (_uplink.Clock.GetElapsedTime(start).TotalSeconds + 0.001);
            Assert.That(sent, Is.LessThanOrEqualTo(earned), $"before entry {batch.FirstSequence}");
            sent += batch.CalculateSize();
        });

        Assert.That(sent, Is.GreaterThan(4 * rate), "it took more than a few seconds");
    }
}
