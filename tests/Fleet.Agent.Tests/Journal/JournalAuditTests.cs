using Fleet.Agent.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Journal;

[TestFixture]
internal sealed class JournalAuditTests
{
    private JournalWorld _world = null!;

    private JournalOptions Options => new() { DataDirectory = _world.DataDirectory, Encryption = false };

    [SetUp]
    public void SetUp() => _world = new JournalWorld();

    [TearDown]
    public async Task TearDown() => await _world.DisposeAsync();

    [Test]
    public async Task Money_of_a_running_journal_is_counted_with_the_direction_of_each_payment()
    {
        var journal = _world.Open();
        await AppendAsync(journal, "sale", PaymentKind.Sale, TransactionOutcome.Approved, 1_000);
        await AppendAsync(journal, "refund", PaymentKind.Refund, TransactionOutcome.Approved, 300);
        await AppendAsync(journal, "reversal", PaymentKind.Reversal, TransactionOutcome.Approved, 200);
        await AppendAsync(journal, "declined", PaymentKind.Sale, TransactionOutcome.Declined, 9_999);
        await AppendAsync(journal, "held", PaymentKind.PreAuthorisation, TransactionOutcome.Approved, 5_000);

        var summary = JournalAudit.Read(Options, CancellationToken.None);

        Assert.That(summary.Approved, Is.EqualTo(new[] { new JournalCounter(3, new JournalMoney(500, "EUR")) }));
        Assert.That((summary.Unknown, summary.Pending), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Last_word_on_a_payment_wins_and_open_ones_are_told_apart()
    {
        var journal = _world.Open();
        await AppendAsync(journal, "resolved", PaymentKind.Sale, TransactionOutcome.Unknown, 700);
        await AppendAsync(journal, "resolved", PaymentKind.Sale, TransactionOutcome.Approved, 700);
        await AppendAsync(journal, "open", PaymentKind.Sale, TransactionOutcome.Unknown, 800);
        await journal.AppendAsync(JournalWrite.Of(JournalWorld.Intent("begun")), CancellationToken.None);

        var summary = JournalAudit.Read(Options, CancellationToken.None);

        Assert.That(summary.Approved, Is.EqualTo(new[] { new JournalCounter(1, new JournalMoney(700, "EUR")) }));
        Assert.That((summary.Unknown, summary.Pending), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Summary_ends_where_the_journal_ends()
    {
        var journal = _world.Open();
        await JournalWorld.AppendSalesAsync(journal, 2_500);
        await journal.AcknowledgeAsync(journal.Position.Epoch, 1_000, CancellationToken.None);
        var position = journal.Position;
        await journal.DisposeAsync();

        var summary = JournalAudit.Read(Options, CancellationToken.None);

        Assert.That(summary.Epoch, Is.EqualTo(position.Epoch));
        Assert.That(summary.LastSequence, Is.EqualTo(position.LastSequence));
        Assert.That(summary.LastHash, Is.EqualTo(Convert.ToHexStringLower(position.LastHash.Span)));
        Assert.That(summary.AcknowledgedThrough, Is.EqualTo(1_000));
        Assert.That(summary.Approved.Single(), Is.EqualTo(new JournalCounter(2_500, new JournalMoney(2_500L * 2_501 / 2, "EUR"))));
    }

    [Test]
    public async Task Changed_byte_is_told_and_no_sum_is_given()
    {
        await JournalWorld.AppendSalesAsync(_world.Open(), 50);
        await _world.DisposeOpenedAsync();
        var bytes = await File.ReadAllBytesAsync(_world.Database);
        var at = bytes.AsSpan().LastIndexOf("sale-25"u8);
        Assert.That(at, Is.GreaterThan(0));
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(_world.Database, bytes);

        Assert.That(
            () => JournalAudit.Read(Options, CancellationToken.None),
            Throws.TypeOf<JournalFaultException>().With.Property(nameof(JournalFaultException.Fault)).EqualTo(JournalFault.Damaged));
    }

    [Test]
    public void Folder_without_a_journal_is_told()
    {
        Assert.That(
            () => JournalAudit.Read(Options, CancellationToken.None),
            Throws.TypeOf<JournalFaultException>().With.Message.Contains(_world.DataDirectory));
    }

    private static async Task AppendAsync(SqliteJournal journal, string id, PaymentKind kind, TransactionOutcome outcome, long cents)
    {
        var entry = JournalWorld.Sale(id, cents);
        entry.Transaction.Kind = kind;
        entry.Transaction.Outcome = outcome;
        await journal.AppendAsync(JournalWrite.Of(entry), CancellationToken.None);
    }
}
