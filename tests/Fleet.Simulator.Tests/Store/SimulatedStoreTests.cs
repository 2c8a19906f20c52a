using System.Diagnostics;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Store;
using Fleet.Testing;

namespace Fleet.Simulator.Tests.Store;

[Platform("Linux")]
public sealed class SimulatedStoreTests
{
    [Test]
    public async Task Every_lane_agrees_with_terminal_and_host()
    {
        using var folder = new TemporaryFolder();
        await using var store = await SimulatedStore.StartAsync(
            new StoreOptions { Lanes = 4, Folder = folder.Path, Count = 6, Pause = TimeSpan.Zero }, Bench.Bound);

        await store.RunAsync(CancellationToken.None, Bench.Bound);

        Assert.That(store.Counters(), Has.All.Matches<LaneCounters>(static l => l is { Agree: true, Till.Count: 6 }));
        Assert.That(store.Counters().Select(static l => l.Tid), Is.Unique);
    }

    [Test]
    public async Task Two_hundred_terminals_at_9600_baud_need_less_than_one_core()
    {
        // A customer every three seconds at every lane, receipts printed line by line: far more than a shop has.
        const int Lanes = 200;
        using var folder = new TemporaryFolder();
        await using var store = await SimulatedStore.StartAsync(
            new StoreOptions
            {
                Lanes = Lanes,
                Folder = folder.Path,
                Pause = TimeSpan.FromSeconds(3),
                Pace = LinePace.Baud9600,
                Durable = false,
            },
            new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token);
        using var stop = new CancellationTokenSource();
        var running = store.RunAsync(stop.Token, CancellationToken.None);
        await Eventually.TrueAsync(() => store.Tills.All(static t => t.Books.Payments.Count > 0), "every lane sells", TimeSpan.FromMinutes(2));

        using var process = Process.GetCurrentProcess();
        var (cpu, clock, sales) = (process.TotalProcessorTime, Stopwatch.StartNew(), Sales(store));
        await Eventually.TrueAsync(() => Sales(store) - sales >= Lanes, "200 more sales", TimeSpan.FromMinutes(2));
        process.Refresh();
        var cores = (process.TotalProcessorTime - cpu) / clock.Elapsed;
        await stop.CancelAsync();
        await running;

        TestContext.Out.WriteLine($"{cores:0.00} cores, {Lanes / clock.Elapsed.TotalSeconds:0.0} sales a second, both ends of every line in this process");
        Assert.That(cores, Is.LessThan(1.0));
        Assert.That(store.Counters(), Has.All.Matches<LaneCounters>(static l => l.Agree));
    }

    private static int Sales(SimulatedStore store) => store.Tills.Sum(static t => t.Books.Payments.Count);
}
