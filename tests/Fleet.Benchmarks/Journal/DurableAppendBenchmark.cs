using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Agent.Journal;
using Google.Protobuf;

namespace Fleet.Benchmarks.Journal;

/// <summary>
/// Durable entries with hash chain against append + fdatasync: one a commit, alone and while a backlog is read and acknowledged beside it, and 16
/// producers that share commits.
/// </summary>
internal sealed class DurableAppendBenchmark : IRatioBenchmark
{
    private const int Entries = 400;
    private const int Backlog = 50_000;
    private const int ReadAtATime = 256;

    // Short slices and many of them: the disk's speed drifts within seconds.
    private const int SlicesPerRound = 5;

    public string Name => "journal";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken) =>
    [
        .. await CompareAsync("1 producer", 1, rounds, ">= 0.90", cancellationToken),
        .. await CompareWhileDrainingAsync(rounds, cancellationToken),
        (await CompareAsync("16 producers", 16, rounds, ">= 0.95", cancellationToken))[0],
    ];

    private static async Task<RatioResult[]> CompareAsync(string kind, int producers, int rounds, string goal, CancellationToken cancellationToken)
    {
        await using var journal = new BenchmarkJournal();
        return await CompareAsync(journal, kind, producers, rounds, goal, cancellationToken);
    }

    private static async Task<RatioResult[]> CompareWhileDrainingAsync(int rounds, CancellationToken cancellationToken)
    {
        await using var journal = new BenchmarkJournal();
        for (var i = 0; i < Backlog; i += 1000)
        {
            await journal.Journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(i, 1000).Select(BenchmarkJournal.Sale)] }, cancellationToken);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var draining = Task.Run(() => DrainAsync(journal.Journal, enough.Token), cancellationToken);
        var results = await CompareAsync(journal, "1 producer, draining", 1, rounds, "-", cancellationToken);
        await enough.CancelAsync();
        await draining;
        return results;
    }

    // At the end of the backlog it begins anew, so that there is always something to read.
    private static async Task DrainAsync(SqliteJournal journal, CancellationToken enough)
    {
        ulong after = 0;
        while (!enough.IsCancellationRequested)
        {
            var run = await journal.ReadAsync(after, ReadAtATime, int.MaxValue, CancellationToken.None);
            after = run.Entries.Count < ReadAtATime ? 0 : run.Entries[^1].Sequence;
            await journal.AcknowledgeAsync(run.Epoch, after, CancellationToken.None);
        }
    }

    private static async Task<RatioResult[]> CompareAsync(
        BenchmarkJournal journal, string kind, int producers, int rounds, string goal, CancellationToken cancellationToken)
    {
        var slices = rounds * SlicesPerRound;
        using var raw = new RawLog(Path.Combine(journal.Folder, "raw"), (slices + 2L) * Entries * producers * 512);
        var (waits, limits) = (new ConcurrentBag<TimeSpan>(), new ConcurrentBag<TimeSpan>());
        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            slices, token => JournalAsync(journal.Journal, producers, waits, token), _ => Task.FromResult(Raw(raw, producers, limits)), cancellationToken);
        var (wait, limit) = (P99(waits), P99(limits));
        return
        [
            new RatioResult($"durable entries, {kind}", ours, "append + fdatasync", theirs, ratio, "entries/s", goal),
            new RatioResult($"durable entries, {kind}, p99 of one", wait, "append + fdatasync", limit, wait / limit, "µs", "<= 1.2"),
        ];
    }

    private static double P99(ConcurrentBag<TimeSpan> waits) => waits.Order().ElementAt((int)(0.99 * (waits.Count - 1))).TotalMicroseconds;

    private static async Task<double> JournalAsync(SqliteJournal journal, int producers, ConcurrentBag<TimeSpan> waits, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, producers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Entries; i++)
            {
                var began = Stopwatch.GetTimestamp();
                await journal.AppendAsync(JournalWrite.Of(BenchmarkJournal.Sale(i)), cancellationToken);
                waits.Add(Stopwatch.GetElapsedTime(began));
            }
        }, cancellationToken)));
        return Entries * producers / watch.Elapsed.TotalSeconds;
    }

    // The limit of 16 producers: one write and one sync for all 16.
    private static double Raw(RawLog log, int producers, ConcurrentBag<TimeSpan> waits)
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
            var began = Stopwatch.GetTimestamp();
            log.Append(group);
            log.Sync();
            waits.Add(Stopwatch.GetElapsedTime(began));
        }

        return Entries * producers / watch.Elapsed.TotalSeconds;
    }
}
