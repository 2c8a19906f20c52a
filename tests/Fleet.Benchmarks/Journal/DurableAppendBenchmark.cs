using System.Diagnostics;
using Fleet.Agent.Journal;
using Google.Protobuf;

namespace Fleet.Benchmarks.Journal;

/// <summary>Durable entries with hash chain against append + fdatasync: one a commit, and 16 producers that share commits.</summary>
internal sealed class DurableAppendBenchmark : IRatioBenchmark
{
    private const int Entries = 400;

    // Short slices and many of them: the disk's speed drifts within seconds.
    private const int SlicesPerRound = 5;

    public string Name => "journal";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken) =>
    [
        await CompareAsync(1, rounds, ">= 0.90", cancellationToken),
        await CompareAsync(16, rounds, ">= 0.95", cancellationToken),
    ];

    private static async Task<RatioResult> CompareAsync(int producers, int rounds, string goal, CancellationToken cancellationToken)
    {
        await using var journal = new BenchmarkJournal();
        var slices = rounds * SlicesPerRound;
        using var raw = new RawLog(Path.Combine(journal.Folder, "raw"), (slices + 2L) * Entries * producers * 512);
        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            slices, token => JournalAsync(journal.Journal, producers, token), _ => Task.FromResult(Raw(raw, producers)), cancellationToken);
        return new RatioResult($"durable entries, {producers} producer{(producers == 1 ? string.Empty : "s")}", ours, "append + fdatasync", theirs, ratio, "entries/s", goal);
    }

    private static async Task<double> JournalAsync(SqliteJournal journal, int producers, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, producers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Entries; i++)
            {
                await journal.AppendAsync(JournalWrite.Of(BenchmarkJournal.Sale(i)), cancellationToken);
            }
        }, cancellationToken)));
        return Entries * producers / watch.Elapsed.TotalSeconds;
    }

    // The limit of 16 producers: one write and one sync for all 16.
    private static double Raw(RawLog log, int producers)
    {
        var record = BenchmarkJournal.Sale(1).ToByteArray();
        var padded = new byte[Math.Max(300, record.Length)];
        record.CopyTo(padded, 0);
        var group = new byte[padded.Length * producers];
        for (var i = 0; i < producers; i++)
        {
            padded.CopyTo(group, i * padded.Length);
        }

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Entries; i++)
        {
            log.Append(group);
            log.Sync();
        }

        return Entries * producers / watch.Elapsed.TotalSeconds;
    }
}
