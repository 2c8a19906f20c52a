using Fleet.Agent.Commands;
using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Capture;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Commands;

/// <summary>How long a retired journal stays readable.</summary>
[CancelAfter(30_000)]
public sealed class RetentionEndTests
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);
    private static readonly CommandRecord Retire = new() { Id = "r1", Counter = 1, Kind = CommandKind.Retire, Stage = CommandStage.Accepted };

    private TestClock _clock = null!;
    private MemoryJournal _journal = null!;
    private CommandStore _store = null!;

    [SetUp]
    public async Task SetUpAsync()
    {
        (_clock, _journal) = (new TestClock(), new MemoryJournal());
        _store = new CommandStore(_journal, NoCrashPoints.Instance, new CommandEcho(), NullLogger<CommandStore>.Instance);
        await _store.AddAsync(Retire, string.Empty, TestClock.Start, CancellationToken.None);
    }

    [TearDown]
    public void TearDown() => _store.Dispose();

    [Test]
    public async Task Nothing_ends_before_the_retirement_is_complete()
    {
        using var stop = new CancellationTokenSource();
        var waiting = New().WaitAsync(stop.Token);
        _clock.Advance(TimeSpan.FromDays(1000));
        Assert.That(waiting.IsCompleted, Is.False);
        await StopAsync(waiting, stop);
    }

    [Test]
    public async Task It_ends_when_the_retention_is_over_and_not_an_hour_before()
    {
        await EraseAsync();
        using var stop = new CancellationTokenSource();
        var waiting = New().WaitAsync(stop.Token);
        await PassAsync(waiting, Retention - TimeSpan.FromHours(1));
        Assert.That(waiting.IsCompleted, Is.False);
        await PassAsync(waiting, TimeSpan.FromHours(1));
        await waiting.WaitAsync(Eventually.Bound, TimeProvider.System, CancellationToken.None);
    }

    [Test]
    public async Task Time_is_added_up_over_restarts()
    {
        await EraseAsync();
        for (var run = 0; run < 3; run++)
        {
            using var stop = new CancellationTokenSource();
            var waiting = New().WaitAsync(stop.Token);
            await PassAsync(waiting, Retention / 4);
            Assert.That(waiting.IsCompleted, Is.False);
            await StopAsync(waiting, stop);
        }

        using var last = new CancellationTokenSource();
        var end = New().WaitAsync(last.Token);
        await PassAsync(end, (Retention / 4) + TimeSpan.FromHours(1));
        await end.WaitAsync(Eventually.Bound, TimeProvider.System, CancellationToken.None);
    }

    [Test]
    public async Task Money_that_the_server_has_not_acknowledged_keeps_the_key()
    {
        _journal.AcknowledgesAtOnce = false;
        await _journal.AppendAsync(JournalWrite.Of(new JournalEntry { Transaction = new Transaction { TransactionId = "t1" } }), CancellationToken.None);
        await EraseAsync();
        using var stop = new CancellationTokenSource();
        var waiting = New().WaitAsync(stop.Token);
        await PassAsync(waiting, Retention + TimeSpan.FromDays(1));
        Assert.That(waiting.IsCompleted, Is.False);

        await _journal.AcknowledgeAsync(_journal.Position.Epoch, _journal.Position.LastSequence, CancellationToken.None);
        await PassAsync(waiting, TimeSpan.FromHours(2));
        await waiting.WaitAsync(Eventually.Bound, TimeProvider.System, CancellationToken.None);
    }

    [Test]
    public void Clock_that_goes_back_adds_nothing_and_takes_nothing()
    {
        var kept = new KeptTime(TimeSpan.FromDays(3), TestClock.Start).At(TestClock.Start.AddDays(-100));
        Assert.That(kept, Is.EqualTo(new KeptTime(TimeSpan.FromDays(3), TestClock.Start.AddDays(-100))));
        Assert.That(kept.At(TestClock.Start.AddDays(-99)).Kept, Is.EqualTo(TimeSpan.FromDays(4)));
    }

    private RetentionEnd New()
    {
        var time = new FleetTime(_journal, _clock, NullLogger<FleetTime>.Instance);
        return new RetentionEnd(_store, _journal, new JournalOptions { Retention = Retention }, new CommandTimes(time, _clock), NullLogger<RetentionEnd>.Instance);
    }

    private async Task EraseAsync() => await _store.NoteAsync(Retire with { Stage = CommandStage.Succeeded, Erased = true }, CancellationToken.None);

    // Hour by hour, as it is waited: the next step is armed before time moves on.
    private async Task PassAsync(Task waiting, TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromHours(1))
        {
            await Eventually.TrueAsync(() => _clock.ArmedTimers > 0 || waiting.IsCompleted, "the next look is armed");
            _clock.Advance(left < TimeSpan.FromHours(1) ? left : TimeSpan.FromHours(1));
        }
    }

    private static async Task StopAsync(Task waiting, CancellationTokenSource stop)
    {
        await stop.CancelAsync();
        await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
