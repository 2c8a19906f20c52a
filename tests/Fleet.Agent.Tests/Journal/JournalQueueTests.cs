using Fleet.Agent.Journal;
using Fleet.Testing;

namespace Fleet.Agent.Tests.Journal;

/// <summary>Who writes: the caller where nobody else does, the loop where somebody waits.</summary>
[CancelAfter(30_000)]
public sealed class JournalQueueTests
{
    private readonly Lock _lock = new();
    private readonly List<JournalRequest> _round = [];
    private readonly List<(JournalRequest[] Requests, int Thread)> _rounds = [];
    private readonly SemaphoreSlim _entered = new(0);
    private readonly ManualResetEventSlim _mayGoOn = new(initialState: true);
    private JournalQueue _queue = null!;
    private Task _loop = Task.CompletedTask;
    private int _room;

    [SetUp]
    public void SetUp()
    {
        _room = int.MaxValue;
        _loop = Task.CompletedTask;
        _rounds.Clear();
        _mayGoOn.Set();
        while (_entered.Wait(0))
        {
            // What earlier tests left.
        }

        _queue = new JournalQueue(capacity: 16, Take, FinishRound);
    }

    [TearDown]
    public async Task TearDown()
    {
        _mayGoOn.Set();
        _queue.Close();
        await _loop;
    }

    [OneTimeTearDown]
    public void OneTimeTearDown()
    {
        _entered.Dispose();
        _mayGoOn.Dispose();
    }

    [Test]
    public void Caller_that_finds_nobody_writing_does_it_on_its_own_thread()
    {
        var request = new PulseRequest();

        Assert.That(_queue.TryDo(request), Is.True);

        Assert.That(Rounds(), Is.EqualTo(new[] { new JournalRequest[] { request } }));
        Assert.That(_rounds[0].Thread, Is.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public async Task Caller_that_finds_somebody_writing_leaves_it_to_the_loop(CancellationToken cancellationToken)
    {
        var (first, second) = (new PulseRequest(), new PulseRequest());
        _mayGoOn.Reset();
        var writing = Task.Run(() => _queue.TryDo(first), cancellationToken);
        await _entered.WaitAsync(cancellationToken);

        Assert.That(_queue.TryDo(second), Is.False);

        await _queue.SendAsync(second, cancellationToken);
        _mayGoOn.Set();
        Start();
        Assert.That(await writing, Is.True);
        await Eventually.TrueAsync(() => Rounds().Count == 2, "two rounds");
        Assert.That(Rounds(), Is.EqualTo(new[] { new JournalRequest[] { first }, [second] }));
    }

    [Test]
    public async Task Nothing_overtakes_what_waits(CancellationToken cancellationToken)
    {
        var waiting = new PulseRequest();
        await _queue.SendAsync(waiting, cancellationToken);

        Assert.That(_queue.IsAwaited, Is.True);
        Assert.That(_queue.TryDo(new PulseRequest()), Is.False);
        Assert.That(Rounds(), Is.Empty);
    }

    [Test]
    public async Task Behind_a_shared_round_callers_share_again_until_one_comes_alone(CancellationToken cancellationToken)
    {
        await _queue.SendAsync(new PulseRequest(), cancellationToken);
        await _queue.SendAsync(new PulseRequest(), cancellationToken);
        Start();
        await Eventually.TrueAsync(() => Rounds().Count == 1, "one round");

        var alone = new PulseRequest();
        Assert.That(_queue.TryDo(alone), Is.False, "the others come as well");
        await _queue.SendAsync(alone, cancellationToken);
        await Eventually.TrueAsync(() => Rounds().Count == 2, "two rounds");

        await Eventually.TrueAsync(() => _queue.TryDo(new PulseRequest()), "the last round was nobody's but its own");
        Assert.That(Rounds().Select(static r => r.Length), Is.EqualTo(new[] { 2, 1, 1 }));
    }

    [Test]
    public async Task Round_that_is_full_leaves_the_rest_to_the_next(CancellationToken cancellationToken)
    {
        _room = 3;
        JournalRequest[] requests = [.. Enumerable.Range(0, 5).Select(static _ => new PulseRequest())];
        foreach (var request in requests)
        {
            await _queue.SendAsync(request, cancellationToken);
        }

        Start();
        await Eventually.TrueAsync(() => Rounds().Count == 2, "two rounds");

        Assert.That(Rounds(), Is.EqualTo(new[] { requests[..3], requests[3..] }));
    }

    [Test]
    public async Task Closed_queue_finishes_what_waits_and_takes_nothing_more(CancellationToken cancellationToken)
    {
        var waiting = new PulseRequest();
        await _queue.SendAsync(waiting, cancellationToken);
        _queue.Close();
        Start();
        await _loop;

        Assert.That(Rounds(), Is.EqualTo(new[] { new JournalRequest[] { waiting } }));
        Assert.That(_queue.TryDo(new PulseRequest()), Is.False);
        Assert.That(_queue.TrySend(new PulseRequest()), Is.False);
        var error = Assert.ThrowsAsync<JournalFaultException>(async () => await _queue.SendAsync(new PulseRequest(), cancellationToken));
        Assert.That(error!.Fault, Is.EqualTo(JournalFault.Closed));
    }

    private void Start() => _loop = Task.Run(() => _queue.RunAsync(static () => { }));

    private bool Take(JournalRequest request)
    {
        _round.Add(request);
        return _round.Count < _room;
    }

    private void FinishRound()
    {
        _entered.Release();
        _mayGoOn.Wait();
        lock (_lock)
        {
            _rounds.Add(([.. _round], Environment.CurrentManagedThreadId));
        }

        _round.Clear();
    }

    private List<JournalRequest[]> Rounds()
    {
        lock (_lock)
        {
            return _rounds.ConvertAll(static r => r.Requests);
        }
    }
}
