using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Storage.Journal;
using Fleet.Server.Storage.Tests.World;

namespace Fleet.Server.Storage.Tests.Journal;

[TestFixture(EngineUnderTest.Sqlite)]
public sealed class JournalStoreTests(EngineUnderTest engine) : StorageFixture(engine)
{
    [Test]
    public async Task Run_is_stored_byte_for_byte()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1250);
        await World.StoreAsync(journal, 3);

        var stored = await World.Journal.ReadAsync(journal.Terminal, journal.Epoch, 1, 100, CancellationToken.None);

        Assert.That(stored, Is.EqualTo(journal.Entries.Select(static e => e.Bytes)));
    }

    [Test]
    public async Task Health_is_kept_as_the_agent_told_it_with_the_time_it_arrived()
    {
        var journal = await World.ActivateAsync();
        var before = await World.TerminalAsync();
        var told = new HealthReport
        {
            Link = HealthReport.Types.Link.TerminalBusy,
            TerminalStatus = 0xCC,
            AgentVersion = "0.4.0",
            Printer = HealthReport.Types.Part.Bad,
            Server = HealthReport.Types.Server.Unreachable,
            UnsentPayments = 2,
            UnsentAmounts = { new Contracts.Link.V1.Money { MinorUnits = 1234, Currency = "EUR" } },
            ClockOffsetMillis = -1500,
        };
        journal.Add(e => e.Health = told);
        await World.StoreAsync(journal, 3);
        var after = await World.TerminalAsync();

        Assert.That((before.Health, before.HealthTime), Is.EqualTo(((HealthReport?)null, (DateTimeOffset?)null)));
        Assert.That(after.Health, Is.EqualTo(told));
        Assert.That(after.HealthTime, Is.EqualTo(World.Clock.GetUtcNow()));
        Assert.That((after.AgentVersion, after.Etag != before.Etag), Is.EqualTo(("0.4.0", true)));
    }

    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(2, 4)]
    [TestCase(3, 100)]
    [TestCase(5, 1)]
    public async Task Stored_entries_are_read_from_any_place(int from, int limit)
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1);
        journal.Payment(2);
        await World.StoreAsync(journal, 3);

        var stored = await World.Journal.ReadAsync(journal.Terminal, journal.Epoch, from, limit, CancellationToken.None);

        Assert.That(stored, Is.EqualTo(journal.Entries.Skip(from - 1).Take(limit).Select(static e => e.Bytes)));
    }

    [Test]
    public async Task Repeated_run_is_acknowledged_and_not_applied_again()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(1250);
        await World.StoreAsync(journal, 3);

        var again = await World.Journal.AppendAsync(journal.Run(3, 3), CancellationToken.None);
        var whole = await World.Journal.AppendAsync(journal.From(1), CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(again, Is.EqualTo(new AppendResult(AppendOutcome.Stored, 4, string.Empty)));
            Assert.That(whole, Is.EqualTo(new AppendResult(AppendOutcome.Stored, 4, string.Empty)));
        });
        Assert.That((await World.TerminalAsync()).Unsettled, Is.EqualTo(new[] { new Tally(1, new Domain.Transactions.Money(1250, "EUR")) }));
        Assert.That(await World.CountAsync("SELECT SUM(last_sequence - first_sequence + 1) FROM journal_runs"), Is.EqualTo(4));
    }

    [Test]
    public async Task Overlapping_run_adds_only_what_is_new()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(100);
        await World.StoreAsync(journal, 3);
        journal.Payment(200);

        await World.StoreAsync(journal, 2);

        Assert.That((await World.TerminalAsync()).Unsettled, Is.EqualTo(new[] { new Tally(2, new Domain.Transactions.Money(300, "EUR")) }));
    }

    [Test]
    public async Task Run_behind_a_gap_is_not_stored_and_the_missing_sequence_is_named()
    {
        var journal = await World.ActivateAsync();
        journal.Payment(100);

        var result = await World.Journal.AppendAsync(journal.Run(4, 4), CancellationToken.None);

        Assert.That(result.Outcome, Is.EqualTo(AppendOutcome.Gap));
        Assert.That(result.Through, Is.EqualTo(2));
    }

    [Test]
    public async Task New_epoch_that_does_not_begin_at_one_is_a_gap()
    {
        await World.RegisterAsync();
        var journal = new ScriptedJournal("lane1");
        journal.Start();
        journal.Identity();

        var result = await World.Journal.AppendAsync(journal.Run(2, 2), CancellationToken.None);

        Assert.That(result, Is.EqualTo(new AppendResult(AppendOutcome.Gap, 0, "1 was expected, 2 came.")));
    }

    [Test]
    public async Task Run_on_another_chain_is_refused_with_an_alarm()
    {
        var journal = await World.ActivateAsync();
        var forged = new ScriptedJournal("lane1", new Guid(journal.Epoch, bigEndian: true));
        forged.Start();
        forged.Identity("SN-2");
        forged.Payment(1);

        var result = await World.Journal.AppendAsync(forged.From(3), CancellationToken.None);

        Assert.That(result.Outcome, Is.EqualTo(AppendOutcome.Broken));
        Assert.That(result.Through, Is.EqualTo(2));
        Assert.That((await World.AlarmsAsync()).Select(static a => a.Code), Is.EqualTo(new[] { ReasonCodes.ChainBroken }));
    }

    [Test]
    public async Task Stored_entries_that_come_again_with_other_content_are_refused()
    {
        var journal = await World.ActivateAsync();
        var forged = new ScriptedJournal("lane1", new Guid(journal.Epoch, bigEndian: true));
        forged.Start(EpochStarted.Types.Reason.PreviousDamaged);

        var result = await World.Journal.AppendAsync(forged.From(1), CancellationToken.None);

        Assert.That(result.Outcome, Is.EqualTo(AppendOutcome.Broken));
    }

    [Test]
    public async Task Alarm_that_repeats_is_counted_and_not_written_again()
    {
        var journal = await World.ActivateAsync();
        var forged = new ScriptedJournal("lane1", new Guid(journal.Epoch, bigEndian: true));
        forged.Start(EpochStarted.Types.Reason.PreviousDamaged);

        for (var i = 0; i < 3; i++)
        {
            await World.Journal.AppendAsync(forged.From(1), CancellationToken.None);
        }

        Assert.That((await World.AlarmsAsync()).Select(static a => a.Occurrences), Is.EqualTo(new[] { 3 }));
    }

    [Test]
    public async Task Terminal_that_is_not_registered_stores_nothing()
    {
        var journal = new ScriptedJournal("nobody");
        journal.Start();

        var result = await World.Journal.AppendAsync(journal.From(1), CancellationToken.None);

        Assert.That(result.Outcome, Is.EqualTo(AppendOutcome.Broken));
        Assert.That(await World.CountAsync("SELECT COUNT(*) FROM journals"), Is.Zero);
    }

    [Test]
    public async Task Identity_makes_an_enrolled_terminal_active_and_is_kept()
    {
        await World.ActivateAsync();

        var terminal = await World.TerminalAsync();

        Assert.Multiple(() =>
        {
            Assert.That(terminal.State, Is.EqualTo(TerminalState.Active));
            Assert.That(terminal.Tid, Is.EqualTo(ScriptedJournal.Tid));
            Assert.That(terminal.SerialNumber, Is.EqualTo("SN-1"));
            Assert.That(terminal.Model, Is.EqualTo("Model 7"));
            Assert.That(terminal.LastContact, Is.EqualTo(World.Clock.GetUtcNow()));
        });
    }

    [Test]
    public async Task Another_serial_number_raises_an_alarm()
    {
        var journal = await World.ActivateAsync();
        var from = journal.Identity("SN-2");

        await World.StoreAsync(journal, from);

        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(ReasonCodes.TerminalSubstituted));
        Assert.That((await World.TerminalAsync()).SerialNumber, Is.EqualTo("SN-2"));
    }

    [Test]
    public async Task Damaged_predecessor_raises_an_alarm_that_counts_what_is_missing()
    {
        var before = await World.ActivateAsync();
        var after = new ScriptedJournal("lane1");
        after.Start(EpochStarted.Types.Reason.PreviousDamaged, before, previousLast: 10);

        await World.StoreAsync(after);

        var alarm = (await World.AlarmsAsync()).Single();
        Assert.That(alarm.Code, Is.EqualTo(ReasonCodes.JournalDamaged));
        Assert.That(alarm.Detail, Does.Contain("8 of its 10 entries"));
    }

    [Test]
    public async Task Alarm_of_the_agent_is_kept()
    {
        var journal = await World.ActivateAsync();
        var from = journal.Add(static e => e.Alarm = new Alarm { Severity = Alarm.Types.Severity.Warning, Code = ReasonCodes.StorageFailed, Detail = "no space left" });

        await World.StoreAsync(journal, from);

        var alarm = (await World.AlarmsAsync()).Single();
        Assert.That((alarm.Code, alarm.Source, alarm.Severity), Is.EqualTo((ReasonCodes.StorageFailed, "agent", Alarm.Types.Severity.Warning)));
    }

    [Test]
    public async Task Entry_of_an_unknown_kind_is_kept_and_does_no_harm()
    {
        var journal = await World.ActivateAsync();
        var from = journal.Add(static _ => { });

        await World.StoreAsync(journal, from);

        Assert.That(await World.Journal.ReadAsync(journal.Terminal, journal.Epoch, from, 1, CancellationToken.None), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Backlog_shrinks_as_it_arrives()
    {
        var journal = await World.ActivateAsync();
        var from = journal.Length + 1;
        journal.Payment(1);
        journal.Payment(2);
        await World.Agents.HelloAsync(
            journal.Terminal, new Hello { AgentVersion = "0.2.0", Epoch = Google.Protobuf.ByteString.CopyFrom(journal.Epoch), LastSequence = (ulong)journal.Length }, CancellationToken.None);
        var before = await World.TerminalAsync();

        await World.Journal.AppendAsync(journal.Run(from, from + 2), CancellationToken.None);

        Assert.That(before.UnsentEntries, Is.EqualTo(4));
        Assert.That((await World.TerminalAsync()).UnsentEntries, Is.EqualTo(1));
    }

    [Test]
    public async Task Payments_of_a_retired_terminal_are_kept_and_raise_an_alarm()
    {
        var journal = await World.ActivateAsync();
        await World.Database.WriteAsync((session, ct) => session.ExecuteAsync("UPDATE terminals SET state = 'Retired'", [], ct), CancellationToken.None);
        journal.Payment(5);

        await World.StoreAsync(journal, 3);

        Assert.That((await World.AlarmsAsync()).Single().Code, Is.EqualTo(ReasonCodes.RetiredContact));
        Assert.That((await World.TerminalAsync()).Unsettled.Single().Sum.MinorUnits, Is.EqualTo(5));
        Assert.That((await World.TerminalAsync()).State, Is.EqualTo(TerminalState.Retired));
    }
}
