using System.Diagnostics;
using Fleet.Agent.Journal;

namespace Fleet.Benchmarks.Journal;

/// <summary>A million entries that wait for the server: what they cost the next sale, the start, the disk and the memory.</summary>
internal sealed class BacklogBenchmark : IRatioBenchmark
{
    private const int Backlog = 1_000_000;
    private const int Probe = 2_000;

    public string Name => "journal-backlog";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        await using var empty = new BenchmarkJournal();
        await using var full = new BenchmarkJournal();
        long rawBytes = 0;
        for (var i = 0; i < Backlog; i += 1000)
        {
            var at = i;
            var write = new JournalWrite { Bodies = [.. Enumerable.Range(at, 1000).Select(BenchmarkJournal.Sale)] };
            await full.Journal.AppendAsync(write, cancellationToken);
            rawBytes += write.Bodies.Sum(static b => (long)b.CalculateSize());
        }

        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            rounds, token => RateAsync(full.Journal, token), token => RateAsync(empty.Journal, token), cancellationToken);
        var opens = new double[Math.Min(rounds, 5)];
        for (var i = 0; i < opens.Length; i++)
        {
            opens[i] = await full.OpenAfterKillAsync();
        }

        var open = Interleaved.Median(opens);
        var disk = DiskOf(full);
        var memory = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
        await full.ReopenAsync(static o => (o.Retention, o.HousekeepingInterval) = (TimeSpan.Zero, TimeSpan.FromMilliseconds(1)));
        await full.Journal.AcknowledgeAsync(full.Journal.Position.Epoch, full.Journal.Position.LastSequence, cancellationToken);
        var drained = await DrainedAsync(full, cancellationToken);
        return
        [
            new RatioResult("append, 1,000,000 entries waiting", ours, "append, nothing waiting", theirs, ratio, "entries/s", ">= 0.95"),
            new RatioResult("open after a kill, 1,000,000 entries waiting", open, "goal", 100, open / 100, "ms", "<= 1"),
            new RatioResult("disk for 1,000,000 entries", disk / 1e6, "their bytes", rawBytes / 1e6, disk / rawBytes, "MB", "<= 1.15"),
            new RatioResult("managed memory afterwards", memory, "goal", 16, memory / 16, "MB", "<= 1"),
            new RatioResult("disk when the server has them all and retention is over", drained / 1e6, "goal", 16, drained / 16e6, "MB", "<= 1"),
        ];
    }

    private static double DiskOf(BenchmarkJournal journal) =>
        Directory.EnumerateFiles(Path.Combine(journal.Folder, "journal")).Sum(static f => (double)new FileInfo(f).Length);

    // As small as it gets: until two looks in a row see no change.
    private static async Task<double> DrainedAsync(BenchmarkJournal journal, CancellationToken cancellationToken)
    {
        double before;
        var now = double.MaxValue;
        do
        {
            before = now;
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, cancellationToken);
            now = DiskOf(journal);
        }
        while (now < before);
        return now;
    }

    private static async Task<double> RateAsync(SqliteJournal journal, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Probe; i++)
        {
            await journal.AppendAsync(JournalWrite.Of(BenchmarkJournal.Sale(i)), cancellationToken);
        }

        return Probe / watch.Elapsed.TotalSeconds;
    }
}
