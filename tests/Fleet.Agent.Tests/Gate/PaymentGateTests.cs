using Fleet.Agent.Gate;
using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Capture;
using Microsoft.Extensions.Logging.Abstractions;
using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Tests.Gate;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PaymentGateTests
{
    private readonly MemoryJournal _journal = new();

    [Test]
    public async Task Gate_of_a_new_agent_is_open()
    {
        var gate = await LoadAsync();

        Assert.That(gate.Position.IsOpen, Is.True);
        Assert.That(gate.TryEnter(), Is.Not.Null);
    }

    [Test]
    public async Task Closed_gate_lets_nothing_in_and_survives_a_restart()
    {
        var gate = await LoadAsync();
        await gate.MoveAsync(Disabled(), new JournalWrite(), CancellationToken.None);

        Assert.That(gate.TryEnter(), Is.Null);
        var reopened = await LoadAsync();
        Assert.That(reopened.Position, Is.EqualTo(Disabled()));
        Assert.That(reopened.TryEnter(), Is.Null);
    }

    [Test]
    public async Task Move_writes_its_entry_in_the_same_commit_as_the_position()
    {
        var gate = await LoadAsync();
        await gate.MoveAsync(Disabled(), new JournalWrite(), CancellationToken.None);

        var change = _journal.Entries.Single().Gate;
        Assert.Multiple(() =>
        {
            Assert.That(change.From, Is.EqualTo(State.Open));
            Assert.That(change.To, Is.EqualTo(State.Disabled));
            Assert.That(change.Reason, Is.EqualTo("stolen"));
            Assert.That(change.CommandId, Is.EqualTo("c1"));
        });
    }

    [Test]
    public async Task Move_that_is_not_durable_does_not_take_effect()
    {
        var gate = await LoadAsync();
        _journal.Fails = static _ => true;

        Assert.That(async () => await gate.MoveAsync(Disabled(), new JournalWrite(), CancellationToken.None), Throws.InstanceOf<JournalFaultException>());
        Assert.That(gate.Position.IsOpen, Is.True);
    }

    [Test]
    public async Task Move_that_the_table_does_not_have_is_refused()
    {
        var gate = await LoadAsync();
        Assert.That(
            async () => await gate.MoveAsync(new GatePosition { State = State.Locked }, new JournalWrite(), CancellationToken.None),
            Throws.InvalidOperationException);
        Assert.That(_journal.Entries, Is.Empty);
    }

    [Test]
    public async Task Move_to_the_same_position_writes_no_entry_but_keeps_the_newer_reason()
    {
        var gate = await LoadAsync();
        await gate.MoveAsync(Disabled(), new JournalWrite(), CancellationToken.None);
        await gate.MoveAsync(Disabled() with { Reason = "season over" }, new JournalWrite(), CancellationToken.None);

        Assert.That(_journal.Entries, Has.Count.EqualTo(1));
        Assert.That((await LoadAsync()).Position.Reason, Is.EqualTo("season over"));
    }

    [Test]
    public async Task Drain_waits_for_the_payment_that_is_running()
    {
        var gate = await LoadAsync();
        var first = gate.TryEnter()!;
        var second = gate.TryEnter()!;
        await gate.MoveAsync(Disabled(), new JournalWrite(), CancellationToken.None);
        var drained = gate.WhenDrainedAsync(CancellationToken.None);

        first.Dispose();
        first.Dispose();
        Assert.That(drained.IsCompleted, Is.False, "a second disposal must not count for the other payment");
        second.Dispose();
        await drained;
    }

    [Test]
    public async Task Drain_of_an_idle_gate_completes_at_once()
    {
        var gate = await LoadAsync();
        Assert.That(gate.WhenDrainedAsync(CancellationToken.None).IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void Table_never_leaves_retired_and_knows_every_position()
    {
        var positions = Enum.GetValues<State>().Where(static s => s != State.Unspecified).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(positions.Where(to => GateTransitions.Allows(State.Retired, to)), Is.Empty);
            Assert.That(positions.Where(static p => p != State.Retired), Is.All.Matches<State>(static p => GateTransitions.Rows.Any(r => r.From == p)));
            Assert.That(GateTransitions.Rows.Where(static r => r.To == State.Locked).Select(static r => r.From), Is.EqualTo(new[] { State.Draining }));
        });
    }

    private static GatePosition Disabled() => new() { State = State.Disabled, Reason = "stolen", CommandId = "c1", Message = "Closed" };

    private async Task<PaymentGate> LoadAsync()
    {
        var gate = new PaymentGate(_journal, NoCrashPoints.Instance, NullLogger<PaymentGate>.Instance);
        await gate.LoadAsync(CancellationToken.None);
        return gate;
    }
}
