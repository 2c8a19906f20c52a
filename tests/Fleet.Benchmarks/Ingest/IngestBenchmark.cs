namespace Fleet.Benchmarks.Ingest;

/// <summary>
/// Entries a second through the whole ingest (read, chain, store, project, commit, acknowledge) on SQLite, against a bare keyed insert of
/// as many entries, 1,000 a commit.
/// </summary>
internal sealed class IngestBenchmark : IRatioBenchmark
{
    private const int Terminals = 100;

    public string Name => "ingest";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken) =>
    [
        await CompareAsync(perBatch: 100, entries: 2_000, rounds, ">= 0.60", cancellationToken),
        await CompareAsync(perBatch: 2, entries: 200, rounds, "as seen", cancellationToken),
    ];

    private static async Task<RatioResult> CompareAsync(int perBatch, int entries, int rounds, string goal, CancellationToken cancellationToken)
    {
        var batches = Enumerable.Range(0, Terminals).Select(_ => PaymentJournal.Batches(entries, perBatch)).ToList();
        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            rounds,
            token => ServerLimit.RateAsync(batches, inFlight: 1, token),
            token => BareInsert.RateAsync(PaymentJournal.Entries(Terminals * entries), token),
            cancellationToken);
        return new RatioResult($"ingest, {Terminals} terminals, {perBatch} entries a batch", ours, "bare insert, 1,000 a commit", theirs, ratio, "entries/s", goal);
    }
}
