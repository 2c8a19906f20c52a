using System.Diagnostics;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Ingest;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Terminals;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Benchmarks.Ingest;

/// <summary>
/// What the server's own ingest commits on SQLite (read, chain, store, project, commit, acknowledge) when batches are handed to it in the
/// process: no agent, no TLS, no MQTT.
/// </summary>
internal static class ServerLimit
{
    /// <summary>Entries a second.</summary>
    /// <param name="agents">The batches of each agent, in order.</param>
    /// <param name="inFlight">Batches of an agent that wait for their acknowledgement.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<double> RateAsync(IReadOnlyList<IReadOnlyList<UplinkBatch>> agents, int inFlight, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            var options = new StorageOptions { DataFile = Path.Combine(folder.FullName, "fleet.db") };
            await using var database = new FleetDatabase(new SqliteEngine(options.DataFile), options, TimeProvider.System, NullLogger<WriteLane>.Instance);
            await database.MigrateAsync(cancellationToken);
            var ingest = new UplinkIngest(
                new JournalStore(database, AcquirerPolicy.NotConnected), new IngestOptions(), TimeProvider.System, NullLogger<UplinkIngest>.Instance);
            for (var i = 0; i < agents.Count; i++)
            {
                var terminal = new NewTerminal(Name(i).Value, string.Empty, string.Empty, string.Empty);
                await new TerminalRegistry(database).CreateAsync(terminal, string.Empty, validateOnly: false, new Actor(ActorKind.Operator, "bench"), cancellationToken);
            }

            var watch = Stopwatch.StartNew();
            await Task.WhenAll(agents.Select((batches, i) => Task.Run(() => SendAsync(ingest, Name(i), batches, inFlight, cancellationToken), cancellationToken)));
            return agents.Sum(static batches => batches.Sum(static b => b.Entries.Count)) / watch.Elapsed.TotalSeconds;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static TerminalId Name(int index) => TerminalId.Parse($"bench{index}");

    private static async Task SendAsync(UplinkIngest ingest, TerminalId terminal, IReadOnlyList<UplinkBatch> batches, int inFlight, CancellationToken cancellationToken)
    {
        var waiting = new Queue<Task<UplinkAck>>();
        foreach (var batch in batches)
        {
            if (waiting.Count == inFlight)
            {
                Check(await waiting.Dequeue());
            }

            waiting.Enqueue(ingest.SubmitAsync(terminal, batch, cancellationToken).AsTask());
        }

        foreach (var last in waiting)
        {
            Check(await last);
        }
    }

    private static void Check(UplinkAck acknowledgement)
    {
        if (acknowledgement.Verdict != UplinkAck.Types.Verdict.Stored)
        {
            throw new InvalidOperationException(acknowledgement.Detail);
        }
    }
}
