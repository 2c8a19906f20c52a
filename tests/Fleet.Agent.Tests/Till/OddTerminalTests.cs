using System.Text;
using Fleet.Agent.Capture;
using Fleet.Agent.Terminal;
using Fleet.Agent.Tests.Capture;
using Fleet.Agent.Tests.Commands;
using Fleet.Agent.Till;
using Fleet.Contracts.Link.V1;
using Fleet.Testing;
using Fleet.Zvt;
using LastKnown = Fleet.Agent.Capture.LastKnown;

namespace Fleet.Agent.Tests.Till;

/// <summary>Terminals that do what the specification leaves open, contradict themselves, or are hostile. Over TCP.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OddTerminalTests
{
    private const string Sale = "06 01 0A 04 00 00 00 00 12 34 49 09 78";
    private const string Approved = "04 0F 17 27 00 04 00 00 00 00 12 34 0B 00 00 42 49 09 78 87 00 08 88 00 00 08";
    private const string Last = "04 0F 14 27 00 04 00 00 00 00 01 00 0B 00 00 41 87 00 07 88 00 00 07";
    private const string Done = "06 0F 00";
    private static readonly string TotalsOf1234 = Totals(1, 1234);
    private static readonly string TotalsOfNothing = Totals(0, 0);

    private readonly ScriptedTerminal _terminal = new();
    private readonly MemoryJournal _journal = new();
    private readonly TestFleet _fleet = new();
    private readonly MemoryLog _log = new();
    private TestAgent _agent = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _terminal.Always(0x0620, "80 00 00", Last, Done);
        await StartAgentAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _agent.DisposeAsync();
        await _terminal.DisposeAsync();
        _fleet.Dispose();
    }

    [Test]
    public async Task Amount_of_the_terminal_wins_over_the_tills()
    {
        _terminal.Next(0x0601, "80 00 00", Approved.Replace("12 34", "13 34", StringComparison.Ordinal), Done);
        await PayAsync();
        var sale = Latest();
        Assert.That((sale.Amount.MinorUnits, sale.Requested.MinorUnits), Is.EqualTo((1334L, 1234L)));
        Assert.That(_agent.Capture.Snapshot.Batch.Of("EUR").SumMinor, Is.EqualTo(1334));
    }

    [Test]
    public async Task Partial_issue_books_what_was_issued()
    {
        _terminal.Next(0x0601, "80 00 00", Approved, Done);
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync(Sale);
        await till.ExpectAsync("80 00 00");
        await till.ExpectAsync(Approved);
        await till.SendAsync("84 9D 07 04 00 00 00 00 05 00");
        await till.ExpectAsync(Done);
        await till.SendAsync("80 00 00");
        Assert.That(Latest().Amount.MinorUnits, Is.EqualTo(500));
    }

    [Test]
    public async Task Completion_without_status_information_is_found_out_by_asking()
    {
        _terminal.Next(0x0601, "80 00 00", Done);
        _terminal.Always(0x0620, "80 00 00", Approved, Done);
        await PayAsync();
        await Eventually.TrueAsync(() => Latest().Outcome == TransactionOutcome.Approved, "found out");
        Assert.That(Latest().Evidence, Is.EqualTo(Transaction.Types.Evidence.RepeatReceipt));
    }

    [Test]
    public async Task Approval_followed_by_an_abort_is_found_out_by_asking()
    {
        _terminal.Next(0x0601, "80 00 00", Approved, "06 1E 01 CC");
        await PayAsync();
        await Eventually.TrueAsync(() => Latest().Outcome == TransactionOutcome.AutoReversed, "found out");
        Assert.That(_agent.Capture.Snapshot.Batch.Count, Is.Zero);
    }

    [Test]
    public async Task Abort_with_a_host_code_is_a_decline_and_with_a_terminal_code_an_abort()
    {
        _terminal.Next(0x0601, "80 00 00", "06 1E 01 05");
        await PayAsync();
        Assert.That((Latest().Outcome, Latest().ResultCode), Is.EqualTo((TransactionOutcome.Declined, 5u)));
        _terminal.Next(0x0601, "80 00 00", "06 1E 01 6C");
        await PayAsync();
        Assert.That((Latest().Outcome, Latest().ResultCode), Is.EqualTo((TransactionOutcome.Aborted, 0x6Cu)));
        _terminal.Next(0x0601, "84 9C 00");
        await PayAsync();
        Assert.That((Latest().Outcome, Latest().ResultCode), Is.EqualTo((TransactionOutcome.Aborted, 0x9Cu)));
    }

    [Test]
    public async Task Till_hears_the_outcome_that_was_found_out_in_its_own_dialogue()
    {
        _terminal.Next(0x0601, "80 00 00", "close");
        _terminal.Always(0x0620, "80 00 00", Approved, Done);
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync(Sale);
        var seen = await till.FollowAsync();
        Assert.Multiple(() =>
        {
            Assert.That(seen.Select(static m => m.Code), Is.EqualTo(new[] { 0x8000, 0x040F, 0x060F }));
            Assert.That(_terminal.Count(0x0601), Is.EqualTo(1), "never sent again");
            Assert.That(Latest().Outcome, Is.EqualTo(TransactionOutcome.Approved));
        });
    }

    [Test]
    public async Task Till_hears_an_abort_when_the_payment_is_found_not_to_be_booked()
    {
        _terminal.Next(0x0601, "80 00 00", "close");
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync(Sale);
        Assert.That((await till.FollowAsync()).Select(static m => m.Code), Is.EqualTo(new[] { 0x8000, 0x061E }));
        Assert.That(Latest().Outcome, Is.EqualTo(TransactionOutcome.Aborted));
    }

    [Test]
    public async Task Foreign_transaction_leaves_the_payment_unknown_until_the_end_of_day_decides()
    {
        _terminal.Next(0x0601, "80 00 00", "close");
        _terminal.Always(0x0620, "80 00 00", Approved.Replace("12 34", "77 77", StringComparison.Ordinal), Done);
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync(Sale);
        await Eventually.TrueAsync(() => _agent.Capture.Snapshot.Open is [{ Stage: PaymentStage.Undecided }], "undecided");
        till.HangUp();

        await using var other = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await Eventually.TrueAsync(() => _agent.Line.Status.State == LineState.Ready, "ready");
        await other.SendAsync(Sale);
        await other.ExpectAsync("80 00 00");
        await other.ExpectAsync("06 1E 01 F0");
        await other.SendAsync("80 00 00");
        _terminal.Next(0x0650, "80 00 00", TotalsOf1234, Done);
        await other.SendAsync("06 50 03 00 00 00");
        Assert.That((await other.FollowAsync())[^1].Code, Is.EqualTo(0x060F));

        var settlement = _journal.Entries.Single(static e => e.Settlement is not null);
        var decided = _journal.Entries.Last(static e => e.Transaction is not null);
        Assert.Multiple(() =>
        {
            Assert.That((decided.Transaction.Outcome, decided.Transaction.Evidence), Is.EqualTo((TransactionOutcome.Approved, Transaction.Types.Evidence.Totals)));
            Assert.That(decided.Sequence, Is.LessThanOrEqualTo(settlement.Settlement.ThroughSequence), "inside what the settlement covers");
            Assert.That(settlement.Settlement.Journal, Is.EqualTo(settlement.Settlement.Terminal));
            Assert.That(settlement.Settlement.UnknownTransactionIds, Is.Empty);
        });
    }

    [Test]
    public async Task Payment_that_even_totals_do_not_decide_is_named_in_the_settlement()
    {
        _terminal.Next(0x0601, "80 00 00", "close");
        _terminal.Always(0x0620, "80 00 00", Approved.Replace("12 34", "77 77", StringComparison.Ordinal), Done);
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync(Sale);
        await Eventually.TrueAsync(() => _agent.Capture.Snapshot.Open is [{ Stage: PaymentStage.Undecided }], "undecided");
        var id = _agent.Capture.Snapshot.Open[0].TransactionId;
        till.HangUp();
        await Eventually.TrueAsync(() => _agent.Line.Status.State == LineState.Ready, "ready");
        await using var other = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        _terminal.Next(0x0650, "80 00 00", Totals(1, 9999), Done);
        await other.SendAsync("06 50 03 00 00 00");
        await other.FollowAsync();

        var settlement = _journal.Entries.Single(static e => e.Settlement is not null).Settlement;
        Assert.That(settlement.UnknownTransactionIds, Is.EqualTo(new[] { id }));
        Assert.That(settlement.Journal, Is.Not.EqualTo(settlement.Terminal), "a difference is never hidden");
    }

    [Test]
    public async Task Automatic_end_of_day_inside_a_status_enquiry_becomes_a_settlement()
    {
        _terminal.Next(0x0601, "80 00 00", Approved, Done);
        await PayAsync();
        _terminal.Next(0x0501, "80 00 00", "04 FF 01 0F", TotalsOf1234, "06 0F 01 00");
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync("05 01 05 00 00 00 03 02");
        await till.FollowAsync();
        var settlement = _journal.Entries.Single(static e => e.Settlement is not null).Settlement;
        Assert.That(settlement.Journal, Is.EqualTo(settlement.Terminal));
        Assert.That(_agent.Capture.Snapshot.Batch.Count, Is.Zero);
    }

    [Test]
    public async Task Terminal_without_an_x_report_settles_by_its_own_totals()
    {
        _terminal.Next(0x0601, "80 00 00", Approved, Done);
        await PayAsync();
        _terminal.Next(0x0650, "80 00 00", TotalsOf1234, "close");
        await _agent.Inbox.ReceiveAsync(Contracts.LinkChannel.Command, _fleet.Sign(_fleet.Order(CommandKind.SettleAndLock, "s1")), CancellationToken.None);
        await Eventually.TrueAsync(() => _journal.Entries.Any(static e => e.Settlement is not null), "settled");

        var settlement = _journal.Entries.Single(static e => e.Settlement is not null).Settlement;
        Assert.That(settlement.Terminal, Is.EqualTo(settlement.Journal));
        Assert.That(_terminal.Count(0x0650), Is.EqualTo(1), "not settled a second time");
    }

    [Test]
    public async Task Totals_of_the_x_report_stand_in_when_the_store_is_empty_and_the_totals_were_never_seen()
    {
        _terminal.Next(0x0601, "80 00 00", Approved, Done);
        await PayAsync();
        _terminal.Next(0x0610, "80 00 00", TotalsOf1234, Done);
        _terminal.Always(0x0610, "80 00 00", TotalsOfNothing, Done);
        _terminal.Next(0x0650, "80 00 00", "close");
        await _agent.Inbox.ReceiveAsync(Contracts.LinkChannel.Command, _fleet.Sign(_fleet.Order(CommandKind.SettleAndLock, "s1")), CancellationToken.None);
        await Eventually.TrueAsync(() => _journal.Entries.Any(static e => e.Settlement is not null), "settled");

        var settlement = _journal.Entries.Single(static e => e.Settlement is not null).Settlement;
        Assert.That((settlement.Terminal.Count, settlement.Terminal.Sum.MinorUnits), Is.EqualTo((1u, 1234L)));
        Assert.That(_terminal.Count(0x0650), Is.EqualTo(1), "not settled a second time");
    }

    [Test]
    public async Task Hostile_terminal_leaves_no_card_data_in_journal_and_log()
    {
        // Card number in the clear, tracks, verification code, chip records, and a text with a number in it.
        _terminal.Next(
            0x0601,
            "80 00 00",
            Status("27 00 04 00 00 00 00 12 34 0B 00 00 42 22 F0 F8 12 34 56 78 12 34 56 78 23 F1 F8 12 34 56 78 12 34 56 78 D2 81 22 21 23 45 12 34 56 78 "
            + "2D F2 F0 42 31 32 33 34 35 36 37 38 31 32 33 34 35 36 37 38 5E 58 59 3A 01 23 8B F1 F6 31 32 33 34 35 36 37 38 31 32 33 34 35 36 37 38"),
            Done);
        await PayAsync();

        var written = Encoding.Latin1.GetString(_journal.Everything) + Convert.ToHexString(_journal.Everything) + _log.Text;
        Assert.Multiple(() =>
        {
            Assert.That(Latest().MaskedPan, Is.EqualTo("123456******5678"));
            Assert.That(Latest().CardName, Is.Empty);
            Assert.That(written, Does.Not.Contain("1234567812345678"));
            Assert.That(written, Does.Not.Match("(?i)31323334353637383132333435363738"));
            Assert.That(written, Does.Not.Contain("D2812221"));
        });
    }

    [Test]
    public async Task Garbage_of_the_terminal_is_survived()
    {
        var random = new Random(3);
        for (var round = 0; round < 20; round++)
        {
            var data = new byte[random.Next(0, 120)];
            random.NextBytes(data);
            _terminal.Next(0x0601, "80 00 00", Convert.ToHexString(new Apdu(0x04, 0x0F, data).ToArray()), "06 1E 01 6C");
            await PayAsync();
        }

        await Eventually.TrueAsync(() => _agent.Line.Status.State == LineState.Ready && _agent.Capture.Snapshot.Open.Count == 0, "everything is known");
        Assert.That(_log.Text, Does.Not.Contain("Critical"));
    }

    [Test]
    public async Task Fresh_terminal_without_any_receipt_is_remembered_as_such()
    {
        Assert.That(_agent.Capture.Snapshot.Last, Is.EqualTo(new LastKnown(41, 7, 7)));
        await using var blank = new ScriptedTerminal();
        var journal = new MemoryJournal();
        await using var agent = await TestAgent.StartAsync(
            journal, TerminalSettings(blank), new TillOptions { Endpoint = "tcp://127.0.0.1:0" }, _fleet, new DeathSwitch(), _log);
        await Eventually.TrueAsync(() => agent.Capture.Snapshot.Last.IsBlank, "asked");
    }

    private static string Status(string fields) => Convert.ToHexString(new Apdu(0x04, 0x0F, Convert.FromHexString(fields.Replace(" ", string.Empty, StringComparison.Ordinal))).ToArray());

    private static string Totals(int count, long sum)
    {
        var totals = new StatusInformation
        {
            ResultCode = 0,
            Amount = sum,
            Totals = new BatchTotals { FirstReceipt = 8, LastReceipt = 8, Visa = new GroupTotal(count, sum) },
            TraceNumber = 43,
            Currency = 978,
        };
        return Convert.ToHexString(totals.ToApdu().ToArray());
    }

    private static TerminalOptions TerminalSettings(ScriptedTerminal terminal) => new()
    {
        Address = terminal.Address,
        ResponseTimeout = TimeSpan.FromSeconds(1),
        DialogueTimeout = TimeSpan.FromSeconds(3),
        ReopenMinimum = TimeSpan.FromMilliseconds(10),
        ReopenMaximum = TimeSpan.FromMilliseconds(50),
        ReadyPause = TimeSpan.FromMilliseconds(20),
        PollInterval = TimeSpan.Zero,
    };

    private async Task StartAgentAsync()
    {
        _agent = await TestAgent.StartAsync(
            _journal, TerminalSettings(_terminal), new TillOptions { Endpoint = "tcp://127.0.0.1:0", AnswerTimeout = TimeSpan.FromSeconds(2) }, _fleet, new DeathSwitch(), _log);
        await Eventually.TrueAsync(() => _agent.Line.Status.State == LineState.Ready && _agent.Capture.Snapshot.Last.IsKnown, "ready");
    }

    private Transaction Latest() => _journal.Entries.Last(static e => e.Transaction is not null).Transaction;

    private async Task PayAsync()
    {
        await Eventually.TrueAsync(() => _agent.Capture.Snapshot.Open.Count == 0 && _agent.Line.Status.State == LineState.Ready, "ready to pay");
        await using var till = await ScriptedTill.ConnectAsync(_agent.Endpoint);
        await till.SendAsync(Sale);
        await till.FollowUntilGoneAsync();
    }
}
