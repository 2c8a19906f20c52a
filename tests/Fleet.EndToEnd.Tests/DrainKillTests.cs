using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Fleet.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.EndToEnd.Tests;

/// <summary>SIGKILL while a long backlog drains: every payment is in the ledger once.</summary>
[TestFixture]
internal sealed class DrainKillTests
{
    private const int Kills = 20;
    private const int Payments = 100_000;
    private const int PerWrite = 500;
    private const int Amount = 150;
    private const int LeastBetweenKills = 500;
    private const int MostBetweenKills = 6_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Test]
    [CancelAfter(600_000)]
    public async Task Agent_and_server_killed_while_a_backlog_drains_leave_every_payment_in_the_ledger_once(CancellationToken cancellationToken)
    {
        await using var shop = await Shop.OpenAsync(1, cancellationToken);
        await shop.Lane.Agent.KillAsync();
        var last = await FillAsync(shop.Lane.Agent.DataFolder, cancellationToken);
        await using var database = await OpenAsync(shop, cancellationToken);
        var random = new Random(3);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await KillWhileItDrainsAsync(shop, database, kill % 2 == 0, random.Next(LeastBetweenKills, MostBetweenKills), cancellationToken);
        }

        Assert.That(Through(database), Is.LessThan(last), "the backlog was drained before the last kill");
        await StartAsync(shop, cancellationToken);
        await Eventually.TrueAsync(() => Through(database) >= last, "the server to hold the backlog", Patience);

        var summary = await shop.Transactions.SummarizeTransactionsAsync(new SummarizeTransactionsRequest { Parent = "terminals/lane1" }, cancellationToken: cancellationToken);
        var approved = summary.Approved.Single();
        Assert.Multiple(() =>
        {
            Assert.That((approved.Count, approved.Sum.MinorUnits), Is.EqualTo((Payments, (long)Payments * Amount)));
            Assert.That((summary.Unknown, summary.Pending), Is.EqualTo((0, 0)));
            Assert.That(Number(database, "SELECT COUNT(*) FROM transaction_revisions"), Is.Zero, "entries that were booked twice");
            Assert.That(Number(database, "SELECT SUM(last_sequence - first_sequence + 1) FROM journal_runs"), Is.EqualTo(Through(database)));
            Assert.That(Number(database, "SELECT COUNT(DISTINCT first_sequence) - COUNT(*) FROM journal_runs"), Is.Zero);
        });
    }

    // Neither start is waited for: the drain begins before the agent is at its line, and would be over when it is.
    private static async Task KillWhileItDrainsAsync(Shop shop, SqliteConnection database, bool server, int drained, CancellationToken cancellationToken)
    {
        var from = Through(database);
        var starting = StartAsync(shop, cancellationToken);
        await Eventually.TrueAsync(() => starting.IsFaulted || Through(database) >= from + drained, $"{drained} entries to drain after {from}", Patience);
        Assert.That(starting.IsFaulted, Is.False, starting.Exception?.ToString());
        await (server ? shop.World.Server.KillAsync() : shop.Lane.Agent.KillAsync());
        await starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task StartAsync(Shop shop, CancellationToken cancellationToken)
    {
        if (!shop.World.Server.IsRunning)
        {
            await shop.World.Server.StartAsync(cancellationToken);
        }

        if (!shop.Lane.Agent.IsRunning)
        {
            await shop.Lane.Agent.StartAsync(cancellationToken);
        }
    }

    // Returns the sequence of the last payment.
    private static async Task<long> FillAsync(string folder, CancellationToken cancellationToken)
    {
        await using var journal = SqliteJournal.Open(
            new JournalOptions { DataDirectory = folder }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
        for (var i = 0; i < Payments; i += PerWrite)
        {
            await journal.AppendAsync(new JournalWrite { Bodies = [.. Enumerable.Range(i, PerWrite).SelectMany(Payment)] }, cancellationToken);
        }

        return (long)journal.Position.LastSequence;
    }

    private static IEnumerable<JournalEntry> Payment(int number)
    {
        var id = $"0f8fad5b-d9cb-469f-a165-{number:D12}";
        var amount = new Contracts.Link.V1.Money { MinorUnits = Amount, Currency = "EUR" };
        yield return new JournalEntry { Intent = new PaymentIntent { TransactionId = id, Kind = Contracts.Link.V1.PaymentKind.Sale, Requested = amount } };
        yield return new JournalEntry
        {
            Transaction = new Contracts.Link.V1.Transaction
            {
                TransactionId = id,
                Kind = Contracts.Link.V1.PaymentKind.Sale,
                Outcome = Contracts.Link.V1.TransactionOutcome.Approved,
                Amount = amount,
                TraceNumber = (uint)(number % 1_000_000),
            },
        };
    }

    private static async Task<SqliteConnection> OpenAsync(Shop shop, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(shop.World.Server.DataFolder, "fleet.db")};Mode=ReadOnly;Pooling=false");
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private static long Through(SqliteConnection database) => Number(database, "SELECT COALESCE(MAX(through), 0) FROM journals");

    private static long Number(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
#pragma warning disable CA2100 // Only constants of this test come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        return (long)command.ExecuteScalar()!;
    }
}
