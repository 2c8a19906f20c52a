using System.Diagnostics;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Ingest;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Terminals;
using Fleet.Server.Storage.Tests.World;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Benchmarks.Ingest;

/// <summary>
/// Entries a second through the whole ingest (read, chain, store, project, commit, acknowledge) on SQLite, against a bare keyed insert of
/// the same entries, 1,000 a commit.
/// </summary>
internal sealed class IngestBenchmark : IRatioBenchmark
{
    private const int Terminals = 100;

    public string Name => "ingest";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken) =>
    [
        await CompareAsync(batch: 100, payments: 250, rounds, ">= 0.60", cancellationToken),
        await CompareAsync(batch: 2, payments: 50, rounds, "as seen", cancellationToken),
    ];

    private static async Task<RatioResult> CompareAsync(int batch, int payments, int rounds, string goal, CancellationToken cancellationToken)
    {
        var (ours, theirs, ratio) = await Interleaved.MedianAsync(
            rounds, token => IngestAsync(batch, payments, token), token => BareInsert.RateAsync(Entries(payments), token), cancellationToken);
        return new RatioResult($"ingest, {Terminals} terminals, {batch} entries a batch", ours, "bare insert, 1,000 a commit", theirs, ratio, "entries/s", goal);
    }

    private static async Task<double> IngestAsync(int batch, int payments, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            var options = new StorageOptions { DataFile = Path.Combine(folder.FullName, "fleet.db") };
            await using var database = new FleetDatabase(new SqliteEngine(options.DataFile), options, TimeProvider.System, NullLogger<WriteLane>.Instance);
            await database.MigrateAsync(cancellationToken);
            var ingest = new UplinkIngest(
                new JournalStore(database, AcquirerPolicy.NotConnected), new IngestOptions(), TimeProvider.System, NullLogger<UplinkIngest>.Instance);
            var journals = await WriteAsync(database, payments, cancellationToken);
            var batches = journals.ConvertAll(j => Cut(j, batch));
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(journals.Select((journal, i) => Task.Run(
                async () =>
                {
                    foreach (var b in batches[i])
                    {
                        var ack = await ingest.SubmitAsync(journal.Terminal, b, cancellationToken);
                        if (ack.Verdict != UplinkAck.Types.Verdict.Stored)
                        {
                            throw new InvalidOperationException(ack.Detail);
                        }
                    }
                },
                cancellationToken)));
            return journals.Sum(static j => j.Length) / watch.Elapsed.TotalSeconds;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<List<ScriptedJournal>> WriteAsync(FleetDatabase database, int payments, CancellationToken cancellationToken)
    {
        var registry = new TerminalRegistry(database);
        var journals = new List<ScriptedJournal>(Terminals);
        for (var i = 0; i < Terminals; i++)
        {
            var terminal = new NewTerminal($"bench{i}", string.Empty, string.Empty, string.Empty);
            await registry.CreateAsync(terminal, string.Empty, validateOnly: false, new Actor(ActorKind.Operator, "bench"), cancellationToken);
            journals.Add(Write(i, payments));
        }

        return journals;
    }

    private static ScriptedJournal Write(int terminal, int payments)
    {
        var journal = new ScriptedJournal($"bench{terminal}");
        journal.Start();
        for (var p = 0; p < payments; p++)
        {
            journal.Payment(1_000 + p);
        }

        return journal;
    }

    private static List<(int Terminal, ulong Sequence, byte[] Bytes)> Entries(int payments) =>
        [.. Enumerable.Range(0, Terminals).SelectMany(i => Write(i, payments).Entries.Select(e => (i, e.Content.Sequence, e.Bytes.ToByteArray())))];

    private static List<UplinkBatch> Cut(ScriptedJournal journal, int size)
    {
        var batches = new List<UplinkBatch>();
        for (var first = 1L; first <= journal.Length; first += size)
        {
            batches.Add(journal.Batch(first, Math.Min(journal.Length, first + size - 1)));
        }

        return batches;
    }
}
