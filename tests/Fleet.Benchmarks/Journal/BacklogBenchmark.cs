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
        var open = Stopwatch.StartNew();
        await full.ReopenAsync();
        var openSeconds = open.Elapsed.TotalSeconds;
        var disk = Directory.EnumerateFiles(Path.Combine(full.Folder, "journal")).Sum(static f => (double)new FileInfo(f).Length);
        return
        [
            new RatioResult("append, 1,000,000 entries waiting", ours, "append, nothing waiting", theirs, ratio, "entries/s", ">= 0.95"),
            new RatioResult("close and open, 1,000,000 entries waiting", openSeconds * 1000, "goal", 100, openSeconds * 10, "ms", "<= 1"),
            new RatioResult("disk for 1,000,000 entries", disk / 1e6, "their bytes", rawBytes / 1e6, disk / rawBytes, "MB", "<= 1.15"),
            new RatioResult("managed memory afterwards", GC.GetTotalMemory(forceFullCollection: true) / 1e6, "goal", 16, GC.GetTotalMemory(forceFullCollection: false) / 16e6, "MB", "<= 1"),
        ];
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
