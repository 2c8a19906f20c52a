using Fleet.Agent.Journal;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Journal;

/// <summary>A data directory with a journal in it that can be closed, damaged and opened again.</summary>
internal sealed class JournalWorld : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestClock Clock { get; } = new();

    public string DataDirectory => _folder.File("data");

    public string Database => Path.Combine(DataDirectory, "journal", "journal.db");

    public Func<JournalOptions, JournalOptions> Configure { get; set; } = static o => o;

    public ICrashPoints CrashPoints { get; set; } = NoCrashPoints.Instance;

    private readonly List<SqliteJournal> _opened = [];

    public SqliteJournal Open()
    {
        var options = Configure(new JournalOptions { DataDirectory = DataDirectory, ReserveBytes = 0, MinimumFreeBytes = 0, Encryption = false });
        var journal = SqliteJournal.Open(options, Clock, CrashPoints, NullLogger<SqliteJournal>.Instance);
        _opened.Add(journal);
        return journal;
    }

    public static JournalEntry Sale(string id, long cents = 100) => new()
    {
        Transaction = new Transaction
        {
            TransactionId = id,
            Kind = PaymentKind.Sale,
            Outcome = TransactionOutcome.Approved,
            Amount = new Money { MinorUnits = cents, Currency = "EUR" },
        },
    };

    public static JournalEntry Intent(string id) => new() { Intent = new PaymentIntent { TransactionId = id, Kind = PaymentKind.Sale } };

    public static JournalEntry Health() => new() { Health = new HealthReport { Link = HealthReport.Types.Link.Ready } };

    public static async Task AppendSalesAsync(ITransactionJournal journal, int count, string prefix = "sale")
    {
        for (var i = 1; i <= count; i++)
        {
            await journal.AppendAsync(JournalWrite.Of(Sale($"{prefix}-{i}", i)), CancellationToken.None);
        }
    }

    /// <summary>Everything of the current epoch, with the chain computed again from the bytes.</summary>
    public static async Task<List<JournalEntry>> ReadAllAsync(ITransactionJournal journal, ulong after = 0)
    {
        var all = new List<JournalEntry>();
        byte[]? hash = null;
        while (true)
        {
            var run = await journal.ReadAsync(after, 100, int.MaxValue, CancellationToken.None);
            hash ??= run.PreviousHash.ToArray();
            Assert.That(run.PreviousHash.ToArray(), Is.EqualTo(hash));
            foreach (var entry in run.Entries)
            {
                hash = JournalChain.Next(hash, entry.Bytes.Span);
                all.Add(entry.Parse());
                Assert.That(all[^1].Sequence, Is.EqualTo(entry.Sequence));
                Assert.That(entry.Sequence, Is.EqualTo(after + 1));
                after = entry.Sequence;
            }

            Assert.That(run.LastHash.ToArray(), Is.EqualTo(hash));
            if (run.Entries.Count == 0)
            {
                Assert.That(hash, Is.EqualTo(journal.Position.LastHash.ToArray()));
                return all;
            }
        }
    }

    /// <summary>Lets a round of housekeeping happen; complete when the loop has taken it.</summary>
    public async Task KeepHouseAsync(ITransactionJournal journal, int rounds = 1)
    {
        for (var i = 0; i < rounds; i++)
        {
            Clock.Advance(TimeSpan.FromMinutes(1));

            // The loop takes requests in order, so this one is answered after the round.
            await journal.AppendAsync(new JournalWrite { State = [new StateChange("test/round", [1])] }, CancellationToken.None);
            await journal.AppendAsync(new JournalWrite { State = [new StateChange("test/round", [2])] }, CancellationToken.None);
        }
    }

    /// <summary>Closes every journal; the folder stays.</summary>
    public async Task DisposeOpenedAsync()
    {
        foreach (var journal in _opened)
        {
            await journal.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeOpenedAsync();
        _folder.Dispose();
    }
}
