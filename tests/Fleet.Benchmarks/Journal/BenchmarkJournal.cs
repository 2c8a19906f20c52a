using System.Diagnostics;
using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Benchmarks.Journal;

/// <summary>A journal in a folder of its own, and entries of the usual size.</summary>
internal sealed class BenchmarkJournal : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-bench-");

    public SqliteJournal Journal { get; private set; }

    public BenchmarkJournal() => Journal = Open(FolderOptions(_folder.FullName, static _ => { }));

    public string Folder => _folder.FullName;

    public async Task ReopenAsync(Action<JournalOptions> configure)
    {
        await Journal.DisposeAsync();
        Journal = Open(FolderOptions(Folder, configure));
    }

    /// <summary>Milliseconds that opening takes after a kill: the files are taken as they are while the journal is open.</summary>
    public async Task<double> OpenAfterKillAsync()
    {
        var killed = Directory.CreateTempSubdirectory("fleet-bench-");
        try
        {
            foreach (var file in _folder.EnumerateFiles("*", SearchOption.AllDirectories).Where(static f => f.Extension is not ".lock" && !f.Name.EndsWith("-shm", StringComparison.Ordinal)))
            {
                var copy = Path.Combine(killed.FullName, Path.GetRelativePath(Folder, file.FullName));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                await using var from = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                await using var to = File.Create(copy);
                await from.CopyToAsync(to);
            }

            var watch = Stopwatch.StartNew();
            var journal = Open(FolderOptions(killed.FullName, static _ => { }));
            var elapsed = watch.Elapsed.TotalMilliseconds;
            await journal.DisposeAsync();
            return elapsed;
        }
        finally
        {
            killed.Delete(recursive: true);
        }
    }

    /// <summary>About 300 bytes when serialized with its stamp, as a sale has.</summary>
    public static JournalEntry Sale(int number) => new()
    {
        Transaction = new Transaction
        {
            TransactionId = $"0f8fad5b-d9cb-469f-a165-{number:D12}",
            Kind = PaymentKind.Sale,
            Outcome = TransactionOutcome.Approved,
            Amount = new Money { MinorUnits = 1250 + number, Currency = "EUR" },
            Requested = new Money { MinorUnits = 1250 + number, Currency = "EUR" },
            TraceNumber = (uint)number,
            ReceiptNumber = (uint)(number % 10_000),
            Tid = "52500041",
            CardName = "Mastercard Debit",
            MaskedPan = "516830******1234",
            ApprovalCode = "123456",
            TerminalLocalTime = "2026-03-14T12:34:56",
            Evidence = Transaction.Types.Evidence.Dialogue,
            EvidenceText = "Status-Information and Completion were seen in the dialogue",
        },
    };

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static JournalOptions FolderOptions(string folder, Action<JournalOptions> configure)
    {
        var options = new JournalOptions { DataDirectory = folder };
        configure(options);
        return options;
    }

    private static SqliteJournal Open(JournalOptions options) => SqliteJournal.Open(
        options, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
}
