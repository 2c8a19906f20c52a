using System.Globalization;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Terminals;
using Fleet.Server.Storage.Tests.World;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Storage.Tests.Crash;

/// <summary>
/// The process that is killed: goes on ingesting from what is stored, and prints <c>lane through</c> after each acknowledgement.
/// </summary>
internal static class CrashWriter
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["crash-writer", var dataFile, var seed])
        {
            await Console.Error.WriteLineAsync("crash-writer FILE SEED");
            return 2;
        }

        var options = new StorageOptions { DataFile = dataFile };
        await using var database = new FleetDatabase(new SqliteEngine(dataFile), options, TimeProvider.System, NullLogger<WriteLane>.Instance);
        await database.MigrateAsync(CancellationToken.None);
        var registry = new TerminalRegistry(database);
        var store = new JournalStore(database, AcquirerPolicy.NotConnected);
        using var output = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
        await Task.WhenAll(Enumerable.Range(1, CrashJournals.Lanes).Select(lane => Task.Run(async () =>
        {
            var journal = CrashJournals.Write(lane);
            await registry.CreateAsync(new NewTerminal($"lane{lane}", string.Empty, string.Empty, string.Empty), string.Empty, validateOnly: false, StorageWorld.Anna, CancellationToken.None);
            await IngestAsync(store, journal, new Random(int.Parse(seed, CultureInfo.InvariantCulture) + lane), output);
        })));
        return 0;
    }

    private static async Task IngestAsync(JournalStore store, ScriptedJournal journal, Random random, TextWriter output)
    {
        var through = 0L;
        while (through < journal.Length)
        {
            // Overlaps what is stored now and then, as an agent does after a lost acknowledgement.
            var from = Math.Max(1, through + 1 - random.Next(20));
            var result = await store.AppendAsync(journal.Run(from, Math.Min(journal.Length, from + random.Next(1, 60))), CancellationToken.None);
            if (result.Outcome == AppendOutcome.Broken)
            {
                throw new InvalidOperationException(result.Detail);
            }

            through = result.Through;
            await output.WriteLineAsync($"{journal.Terminal} {through}");
        }
    }
}
