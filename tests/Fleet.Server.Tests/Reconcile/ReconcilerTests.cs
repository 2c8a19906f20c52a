using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Operators;
using Fleet.Server.Domain.Settlement;
using Fleet.Server.Domain.Terminals;
using Fleet.Server.Domain.Transactions;
using Fleet.Server.Reconcile;
using Fleet.Server.Storage.Tests.World;
using Fleet.Server.Tests.Dispatch;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Money = Fleet.Server.Domain.Transactions.Money;

namespace Fleet.Server.Tests.Reconcile;

[CancelAfter(30_000)]
public sealed class ReconcilerTests
{
    private static readonly TerminalId Lane = TerminalId.Parse("lane1");

    private StorageWorld _world = null!;
    private RecordingDownlink _downlink = null!;
    private TestSigner _signer = null!;
    private Reconciler _reconciler = null!;
    private ScriptedJournal _journal = null!;

    [TearDown]
    public async Task StopAsync()
    {
        _signer.Dispose();
        await _world.DisposeAsync();
    }

    [TestCase(CommandKind.SettleAndLock, TerminalState.Locked)]
    [TestCase(CommandKind.Retire, TerminalState.Retired)]
    public async Task Balanced_batch_is_told_and_the_lock_is_proven(CommandKind kind, TerminalState end)
    {
        await StartAsync();
        var command = await DrainAsync(kind, 1, 1000);
        await _reconciler.RunOnceAsync(CancellationToken.None);
        var verdict = _signer.Open(SigningDomain.Verdict, _downlink.Drain().Single().Payload, SettlementVerdict.Parser);
        var settlementAt = _journal.Length;
        await FinishAsync(command, kind);

        await _reconciler.RunOnceAsync(CancellationToken.None);

        var view = await _world.CommandAsync(command);
        Assert.That(verdict.Result, Is.EqualTo(SettlementVerdict.Types.Result.Balanced));
        Assert.That(verdict.Detail, Is.EqualTo(Reconciliation.WithoutAcquirer));
        Assert.That((view.State, view.HasClosingProof, view.Enforcement), Is.EqualTo((CommandState.Succeeded, true, EnforcementLevel.Device)));
        Assert.That((await _world.TerminalAsync()).State, Is.EqualTo(end));

        var stored = StorageWorld.Accepted(await _world.Desk.GetClosingProofAsync(command, CancellationToken.None));
        var proof = _signer.Open(SigningDomain.Proof, stored.SignedProof, ClosingProof.Parser);
        Assert.Multiple(() =>
        {
            Assert.That(stored.KeyId, Is.EqualTo(Signing.KeyId(_signer.PublicKey)));
            Assert.That((proof.TerminalId, proof.Tid, proof.SerialNumber, proof.CommandId, proof.Kind), Is.EqualTo(("lane1", ScriptedJournal.Tid, "SN-1", command, kind)));
            Assert.That(proof.Counters.Terminal, Is.EqualTo(proof.Counters.Ledger));
            Assert.That(proof.Counters.Journal, Is.EqualTo(proof.Counters.Ledger));
            Assert.That(proof.Counters.Acquirer, Is.Null);
            Assert.That(proof.SettlementSequence, Is.EqualTo((ulong)settlementAt));
            Assert.That(proof.SettlementHash.ToByteArray(), Is.EqualTo(_journal.HashAt((int)settlementAt)));
            Assert.That(proof.FinalSequence, Is.EqualTo((ulong)_journal.Length));
            Assert.That(proof.FinalHash.ToByteArray(), Is.EqualTo(_journal.HashAt((int)_journal.Length)));
            Assert.That(proof.Epoch.ToByteArray(), Is.EqualTo(_journal.Epoch));
            Assert.That(proof.Enforcement, Is.EqualTo(EnforcementLevel.Device));
        });
    }

    [Test]
    public async Task Verdict_is_signed_once_and_the_very_bytes_are_kept_for_repetition()
    {
        await StartAsync();
        await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        await _reconciler.RunOnceAsync(CancellationToken.None);
        await _reconciler.RunOnceAsync(CancellationToken.None);

        var sent = _downlink.Drain().Single();

        Assert.That((await _world.Closings.VerdictsAsync(Lane, CancellationToken.None)).Single(), Is.EqualTo(sent.Payload));
    }

    [Test]
    public async Task Verdict_is_not_repeated_once_the_agent_locks()
    {
        await StartAsync();
        var command = await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        await _reconciler.RunOnceAsync(CancellationToken.None);

        await _world.StoreAsync(_journal, _journal.Command(command, CommandStage.Locking));

        Assert.That(await _world.Closings.VerdictsAsync(Lane, CancellationToken.None), Is.Empty);
    }

    [Test]
    public async Task Difference_is_told_with_all_counters()
    {
        await StartAsync();
        await DrainAsync(CommandKind.SettleAndLock, 1, 999);

        await _reconciler.RunOnceAsync(CancellationToken.None);

        var verdict = _signer.Open(SigningDomain.Verdict, _downlink.Drain().Single().Payload, SettlementVerdict.Parser);
        Assert.That(verdict.Result, Is.EqualTo(SettlementVerdict.Types.Result.Difference));
        Assert.That((verdict.Counters.Terminal.Sum.MinorUnits, verdict.Counters.Ledger.Sum.MinorUnits), Is.EqualTo((999, 1000)));
        Assert.That(verdict.Detail, Does.StartWith(ReasonCodes.CountersDiffer + ": terminal 1 x = 999 EUR"));
    }

    [Test]
    public async Task Agent_that_locks_on_a_difference_is_an_alarm_and_nothing_is_proven()
    {
        await StartAsync();
        var command = await DrainAsync(CommandKind.SettleAndLock, 1, 999);
        await _reconciler.RunOnceAsync(CancellationToken.None);
        await FinishAsync(command, CommandKind.SettleAndLock);

        await _reconciler.RunOnceAsync(CancellationToken.None);
        await _reconciler.RunOnceAsync(CancellationToken.None);

        var view = await _world.CommandAsync(command);
        Assert.That((view.State, view.StateReason, view.HasClosingProof), Is.EqualTo((CommandState.Blocked, AlarmCodes.LockUnproven, false)));
        Assert.That((await _world.TerminalAsync()).State, Is.EqualTo(TerminalState.Settling));
        Assert.That((await _world.AlarmsAsync()).Single(), Has.Property("Code").EqualTo(AlarmCodes.LockUnproven).And.Property("Occurrences").EqualTo(1));
    }

    [Test]
    public async Task Agent_that_locks_before_it_was_told_is_not_proven()
    {
        await StartAsync();
        var command = await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        await FinishAsync(command, CommandKind.SettleAndLock);
        var pending = (await _world.Closings.PendingAsync(CancellationToken.None)).Single();

        Assert.That(pending.AgentWasToldBalanced, Is.False);
    }

    [Test]
    public async Task Agent_that_locks_without_a_settlement_is_not_proven()
    {
        await StartAsync();
        var command = (await _world.SentAsync(CommandKind.SettleAndLock)).Id;
        await FinishAsync(command, CommandKind.SettleAndLock);

        await _reconciler.RunOnceAsync(CancellationToken.None);

        Assert.That((await _world.CommandAsync(command)).StateDetail, Is.EqualTo("the agent locked and no settlement is known"));
    }

    [Test]
    public async Task Payment_after_the_settlement_keeps_the_lock_from_being_proven()
    {
        await StartAsync();
        var command = await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        await _reconciler.RunOnceAsync(CancellationToken.None);
        var from = _journal.Length + 1;
        _journal.Payment(5);
        await _world.StoreAsync(_journal, from);
        await FinishAsync(command, CommandKind.SettleAndLock);

        await _reconciler.RunOnceAsync(CancellationToken.None);

        Assert.That((await _world.CommandAsync(command)).StateDetail, Is.EqualTo("the agent locked and 1 payment(s) are in no settlement"));
    }

    [Test]
    public async Task Locked_terminal_is_retired_on_its_last_settlement()
    {
        await StartAsync();
        var locking = await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        await _reconciler.RunOnceAsync(CancellationToken.None);
        await FinishAsync(locking, CommandKind.SettleAndLock);
        await _reconciler.RunOnceAsync(CancellationToken.None);
        var retire = (await _world.SentAsync(CommandKind.Retire)).Id;
        await FinishAsync(retire, CommandKind.Retire);

        await _reconciler.RunOnceAsync(CancellationToken.None);

        Assert.That((await _world.TerminalAsync()).State, Is.EqualTo(TerminalState.Retired));
        Assert.That((await _world.CommandAsync(retire)).SettlementId, Is.EqualTo((await _world.CommandAsync(locking)).SettlementId));
    }

    [Test]
    public async Task Required_acquirer_is_waited_for_then_the_command_says_so_and_the_wait_goes_on()
    {
        await StartAsync(AcquirerPolicy.Required);
        var command = await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        var next = await _reconciler.RunOnceAsync(CancellationToken.None);
        var waiting = await _world.CommandAsync(command);
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        await _reconciler.RunOnceAsync(CancellationToken.None);
        var blocked = await _world.CommandAsync(command);
        var silent = _downlink.Drain();

        await ReportAsync(new Tally(1, new Money(1000, "EUR")));
        await _reconciler.RunOnceAsync(CancellationToken.None);

        Assert.That((next, waiting.State), Is.EqualTo(((DateTimeOffset?)TestClock.Start.AddSeconds(30), CommandState.Settling)));
        Assert.That((blocked.State, blocked.StateReason), Is.EqualTo((CommandState.Blocked, ReasonCodes.AcquirerTotalsMissing)));
        Assert.That(silent, Is.Empty);
        var verdict = _signer.Open(SigningDomain.Verdict, _downlink.Drain().Single().Payload, SettlementVerdict.Parser);
        Assert.That((verdict.Result, verdict.Counters.Acquirer.Sum.MinorUnits), Is.EqualTo((SettlementVerdict.Types.Result.Balanced, 1000)));
    }

    [Test]
    public async Task Correction_of_the_acquirer_makes_a_new_verdict()
    {
        await StartAsync(AcquirerPolicy.Required);
        await DrainAsync(CommandKind.SettleAndLock, 1, 1000);
        await ReportAsync(new Tally(1, new Money(1001, "EUR")));
        await _reconciler.RunOnceAsync(CancellationToken.None);
        await ReportAsync(new Tally(1, new Money(1000, "EUR")));
        await _reconciler.RunOnceAsync(CancellationToken.None);

        var verdicts = _downlink.Drain().Select(m => _signer.Open(SigningDomain.Verdict, m.Payload, SettlementVerdict.Parser).Result);

        Assert.That(verdicts, Is.EqualTo(new[] { SettlementVerdict.Types.Result.Difference, SettlementVerdict.Types.Result.Balanced }));
    }

    [Test]
    public async Task Settlement_of_the_till_gets_no_verdict()
    {
        await StartAsync();
        var from = _journal.Length + 1;
        _journal.Settle(0, 0);
        await _world.StoreAsync(_journal, from);

        await _reconciler.RunOnceAsync(CancellationToken.None);

        Assert.That(_downlink.Drain(), Is.Empty);
    }

    [Test]
    public async Task Loop_decides_by_itself_after_the_commit(CancellationToken cancellationToken)
    {
        await StartAsync();
        using var loop = new ReconcileLoop(_world.Database, _reconciler, NullLogger<ReconcileLoop>.Instance);
        await loop.StartAsync(cancellationToken);
        await DrainAsync(CommandKind.SettleAndLock, 1, 1000);

        var sent = await _downlink.NextAsync(cancellationToken);

        Assert.That(sent.Channel, Is.EqualTo(LinkChannel.Verdict));
        await loop.StopAsync(cancellationToken);
    }

    private async Task StartAsync(AcquirerPolicy policy = AcquirerPolicy.NotConnected)
    {
        _world = await StorageWorld.CreateAsync(EngineUnderTest.Sqlite, policy);
        (_downlink, _signer) = (new RecordingDownlink(), new TestSigner());
        var options = new ReconcileOptions { AcquirerRequired = policy == AcquirerPolicy.Required };
        _reconciler = new Reconciler(_world.Closings, _signer, _downlink, options, _world.Clock, NullLogger<Reconciler>.Instance);
        _journal = await _world.ActivateAsync();
    }

    // One sale of 10.00 EUR, then the command up to its settlement; what the terminal counted is given.
    private async Task<string> DrainAsync(CommandKind kind, uint terminalCount, long terminalMinor)
    {
        var from = _journal.Length + 1;
        _journal.Payment(1000);
        await _world.StoreAsync(_journal, from);
        var command = (await _world.SentAsync(kind)).Id;
        from = _journal.Length + 1;
        _journal.Command(command, CommandStage.Accepted);
        _journal.Command(command, CommandStage.Draining);
        _journal.Command(command, CommandStage.Settling);
        _journal.Settle(terminalCount, terminalMinor, command: command, trace: 77, journalCount: 1, journalMinor: 1000);
        await _world.StoreAsync(_journal, from);
        return command;
    }

    private async Task FinishAsync(string command, CommandKind kind)
    {
        var from = _journal.Length + 1;
        _journal.Command(command, CommandStage.Locking);
        if (kind == CommandKind.Retire)
        {
            _journal.Command(command, CommandStage.Erasing);
        }

        _journal.Command(command, CommandStage.Succeeded, enforcement: EnforcementLevel.Device);
        await _world.StoreAsync(_journal, from);
    }

    private async Task ReportAsync(Tally totals) => StorageWorld.Accepted(await _world.Ledger.ReportAcquirerTotalsAsync(
        new AcquirerReport(ScriptedJournal.Tid, 77, totals, string.Empty), new Actor(ActorKind.Acquirer, "bank"), CancellationToken.None));
}
