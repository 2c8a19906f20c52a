using System.Diagnostics;
using System.Globalization;
using Fleet.Server.Domain;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Engine;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Tests.World;
using Fleet.Server.Storage.Transactions;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Storage.Tests.Crash;

/// <summary>A server that is killed at any moment has lost nothing that it acknowledged, and has doubled nothing.</summary>
public sealed class KillTests
{
    private const int Kills = 12;

    [Test]
    public async Task Everything_acknowledged_is_there_after_kill_and_nothing_is_doubled()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("fleet.db");
        var acknowledged = new Dictionary<string, long>(StringComparer.Ordinal);
        var random = new Random(20260314);
        for (var kill = 0; kill < Kills; kill++)
        {
            await RunAndKillAsync(file, kill, random.Next(5, 80), acknowledged);
            await CheckAsync(file, acknowledged);
        }

        await RunAndKillAsync(file, Kills, int.MaxValue, acknowledged);
        await CheckAsync(file, acknowledged);
        Assert.That(acknowledged.Values, Is.All.EqualTo(CrashJournals.Write(1).Length), "the last run ends by itself");
    }

    private static async Task RunAndKillAsync(string file, int seed, int lines, Dictionary<string, long> acknowledged)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(CrashWriter).Assembly.Location, "crash-writer", file, $"{seed}"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        if (!Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.Ordinal))
        {
            start.FileName = "dotnet";
        }

        using var process = Process.Start(start)!;
        while (lines-- > 0 && await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Note(line, acknowledged);
        }

        process.Kill();

        // Acknowledgements that were on their way when it died count as well.
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Note(line, acknowledged);
        }

        await process.WaitForExitAsync();
    }

    private static void Note(string line, Dictionary<string, long> acknowledged)
    {
        // The last line of a killed process may be cut.
        if (line.Split(' ') is [var lane, var through] && long.TryParse(through, CultureInfo.InvariantCulture, out var sequence))
        {
            acknowledged[lane] = Math.Max(acknowledged.GetValueOrDefault(lane), sequence);
        }
    }

    private static async Task CheckAsync(string file, Dictionary<string, long> acknowledged)
    {
        var options = new StorageOptions { DataFile = file };
        await using var database = new FleetDatabase(new SqliteEngine(file), options, TimeProvider.System, NullLogger<WriteLane>.Instance);
        await database.MigrateAsync(CancellationToken.None);
        var store = new JournalStore(database, AcquirerPolicy.NotConnected);
        var ledger = new Ledger(database, AcquirerPolicy.NotConnected);
        for (var lane = 1; lane <= CrashJournals.Lanes; lane++)
        {
            var journal = CrashJournals.Write(lane);
            var stored = await store.ReadAsync(journal.Terminal, journal.Epoch, 1, int.MaxValue / 2, CancellationToken.None);

            // A cut last line can be a shorter number, never a larger one.
            Assert.That(stored, Has.Count.GreaterThanOrEqualTo(acknowledged.GetValueOrDefault(journal.Terminal.Value)), journal.Terminal.Value);
            Assert.That(stored, Is.EqualTo(journal.Entries.Take(stored.Count).Select(static e => e.Bytes)));
            await CheckLedgerAsync(ledger, journal, stored.Count);
        }
    }

    private static async Task CheckLedgerAsync(Ledger ledger, ScriptedJournal journal, int entries)
    {
        var content = journal.Entries.Take(entries).Select(static e => e.Content).ToList();
        var approved = content.Where(static e => e.Transaction is { Outcome: Contracts.Link.V1.TransactionOutcome.Approved }).ToList();
        var announced = content.Count(static e => e.Intent is not null) - content.Count(static e => e.Transaction is not null);

        var summary = Accepted(await ledger.SummarizeAsync(journal.Terminal, string.Empty, CancellationToken.None));
        var settlements = Accepted(await ledger.ListSettlementsAsync(journal.Terminal, new ListQuery(1000, string.Empty, string.Empty), CancellationToken.None)).Items;

        Assert.That(summary.Approved.Sum(static t => t.Count), Is.EqualTo(approved.Count));
        Assert.That(summary.Approved.Sum(static t => t.Sum.MinorUnits), Is.EqualTo(approved.Sum(static e => e.Transaction.Amount.MinorUnits)));
        Assert.That(summary.Pending, Is.EqualTo(announced));
        Assert.That(settlements, Has.Count.EqualTo(content.Count(static e => e.Settlement is not null)));
        Assert.That(settlements.Select(static s => s.State), Is.All.EqualTo(SettlementState.Balanced));
    }

    private static T Accepted<T>(Answer<T> answer)
        where T : class => StorageWorld.Accepted(answer);
}
