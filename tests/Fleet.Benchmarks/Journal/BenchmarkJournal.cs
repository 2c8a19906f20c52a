using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Benchmarks.Journal;

/// <summary>A journal in a folder of its own, and entries of the usual size.</summary>
internal sealed class BenchmarkJournal : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-bench-");

    public SqliteJournal Journal { get; private set; }

    public BenchmarkJournal() => Journal = Open();

    public string Folder => _folder.FullName;

    public async Task ReopenAsync()
    {
        await Journal.DisposeAsync();
        Journal = Open();
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

    private SqliteJournal Open() => SqliteJournal.Open(
        new JournalOptions { DataDirectory = _folder.FullName }, TimeProvider.System, NoCrashPoints.Instance, NullLogger<SqliteJournal>.Instance);
}
