using Fleet.Agent.Journal;
using Fleet.Agent.Link;
using Fleet.Agent.Tests.Journal;
using Fleet.Agent.Tests.Link;
using Fleet.Agent.Uplink;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Uplink;

/// <summary>An uplink on a real journal and a link in memory, at the pace of the test clock.</summary>
internal sealed class UplinkWorld : IAsyncDisposable
{
    private readonly JournalWorld _world = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public UplinkWorld() => Journal = _world.Open();

    public SqliteJournal Journal { get; }

    public MemoryFleetLink Link { get; } = new();

    public UplinkProgress Progress { get; } = new();

    public TestClock Clock => _world.Clock;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await _world.DisposeAsync();
    }

    public void Start(Action<UplinkOptions>? configure = null, ITransactionJournal? journal = null)
    {
        var options = new UplinkOptions();
        configure?.Invoke(options);
        var context = new UplinkContext(Clock, "1.2.3", static () => 1, NullLogger<JournalUplink>.Instance);
        var uplink = new JournalUplink(journal ?? Journal, Link, new Standing(), options, Progress, context);
        _running = Task.Run(() => uplink.RunAsync(_stop.Token), CancellationToken.None);
    }

    public Task ServeAsync(LedgerTwin ledger, int entries, CancellationToken cancellationToken) =>
        ServeUntilAsync(ledger, () => ledger.Entries.Count >= entries, cancellationToken);

    public async Task ServeUntilAsync(LedgerTwin ledger, Func<bool> enough, CancellationToken cancellationToken, Action<UplinkBatch>? look = null)
    {
        while (!enough())
        {
            if (Link.Batches.TryRead(out var batch))
            {
                look?.Invoke(batch);
                Link.Deliver(ledger.Take(batch));
            }
            else
            {
                Clock.Advance(TimeSpan.FromMilliseconds(20));
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
            }
        }
    }

    // Nothing comes any more: what is held back is what the agent waits for.
    public async Task<UplinkBatch> ReadBatchAsync(List<UplinkAck> held, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Link.Batches.TryRead(out var batch))
            {
                return batch;
            }

            held.ForEach(Link.Deliver);
            held.Clear();
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            Clock.Advance(step);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken);
        }
    }

    public async Task<bool> FirstOfAsync(ulong sequence, CancellationToken cancellationToken)
    {
        // A batch of the old connection may still have slipped in before the new one began.
        for (var i = 0; i < 10; i++)
        {
            if ((await Link.Batches.ReadAsync(cancellationToken)).FirstSequence == sequence)
            {
                return true;
            }
        }

        return false;
    }

    private sealed class Standing : ICommandStanding
    {
        public ulong HighestCounter => 7;

        public IReadOnlyList<string> OpenCommandIds => ["open-1"];
    }
}
