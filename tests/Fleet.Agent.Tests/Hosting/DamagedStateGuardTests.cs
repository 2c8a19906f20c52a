using System.Text.Json;
using Fleet.Agent.Gate;
using Fleet.Agent.Hosting;
using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Journal;
using Fleet.Contracts.Link.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Agent.Tests.Hosting;

public sealed class DamagedStateGuardTests
{
    private const string Incomplete = "journal/state-incomplete";

    [Test]
    public async Task Gate_stays_closed_when_nobody_knows_whether_it_was_locked()
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        await journal.AppendAsync(new JournalWrite { State = [new StateChange(Incomplete, "a page was damaged"u8.ToArray())] }, CancellationToken.None);
        var gate = await StartAsync(journal);

        Assert.That(gate.Position.State, Is.EqualTo(GateChange.Types.State.Disabled));
        Assert.That(gate.Position.Reason, Is.EqualTo("JOURNAL_DAMAGED"));
        Assert.That((await JournalWorld.ReadAllAsync(journal))[^1].Gate.To, Is.EqualTo(GateChange.Types.State.Disabled));
        Assert.That(await journal.ReadStateAsync(Incomplete, CancellationToken.None), Is.Null, "an operator who opens the gate is not overruled at the next start");
        await journal.DisposeAsync();

        Assert.That((await StartAsync(world.Open())).Position.IsOpen, Is.False);
    }

    [Test]
    public async Task Gate_whose_position_survived_keeps_it()
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        var locked = new GatePosition { State = GateChange.Types.State.Locked, Reason = "settled" };
        await journal.AppendAsync(
            new JournalWrite { State = [new StateChange(Incomplete, [1]), new StateChange(PaymentGate.StateKey, JsonSerializer.SerializeToUtf8Bytes(locked))] }, CancellationToken.None);

        var gate = await StartAsync(journal);

        Assert.That(gate.Position.Reason, Is.EqualTo("settled"));
        Assert.That(await journal.ReadStateAsync(Incomplete, CancellationToken.None), Is.Null);
    }

    [Test]
    public async Task Gate_of_a_whole_journal_is_left_alone()
    {
        await using var world = new JournalWorld();

        Assert.That((await StartAsync(world.Open())).Position.IsOpen, Is.True);
    }

    private static async Task<PaymentGate> StartAsync(ITransactionJournal journal)
    {
        var gate = new PaymentGate(journal, NoCrashPoints.Instance, NullLogger<PaymentGate>.Instance);
        await gate.LoadAsync(CancellationToken.None);
        await new DamagedStateGuard(journal, gate).StartAsync(CancellationToken.None);
        return gate;
    }
}
