using Fleet.Agent.Capture;
using Fleet.Agent.Journal;
using Fleet.Agent.Tests.Journal;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Faults;

/// <summary>The computer's clock is set by years, forward and back, between payments.</summary>
public sealed class ClockJumpTests
{
    [TestCase(30, -60)]
    [TestCase(-25, 50)]
    public async Task Clock_that_jumps_by_years_reorders_loses_and_ages_nothing(int first, int second)
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        var exposure = new OfflineExposure(journal, world.Clock);
        await exposure.LoadAsync(CancellationToken.None);
        await SellAsync(journal, exposure, 100);
        world.Clock.SetWallClock(world.Clock.GetUtcNow().AddYears(first));
        await SellAsync(journal, exposure, 200);
        world.Clock.Advance(TimeSpan.FromMinutes(10));
        world.Clock.SetWallClock(world.Clock.GetUtcNow().AddYears(second));
        await SellAsync(journal, exposure, 300);

        var entries = (await JournalWorld.ReadAllAsync(journal)).Where(static e => e.Transaction is not null).ToList();
        Assert.That(entries.Select(static e => e.Transaction.Amount.MinorUnits), Is.EqualTo(new[] { 100L, 200L, 300L }), "the order is the sequence's");
        Assert.That(entries.Select(static e => e.Stamp.MonotonicMicros), Is.Ordered);
        Assert.That(entries[1].Stamp.WallUnixMicros > entries[0].Stamp.WallUnixMicros, Is.EqualTo(first > 0), "the wall clock is kept as it was");
        Assert.That(exposure.Current().Oldest, Is.EqualTo(TimeSpan.FromMinutes(10)), "age is measured, not reckoned");
        Assert.That(exposure.Current().Sums["EUR"], Is.EqualTo(600));
    }

    private static async Task SellAsync(ITransactionJournal journal, OfflineExposure exposure, long amount)
    {
        var transaction = new Transaction { TransactionId = Guid.NewGuid().ToString(), Outcome = TransactionOutcome.Approved, Amount = new Money { MinorUnits = amount, Currency = "EUR" } };
        var receipt = await journal.AppendAsync(JournalWrite.Of(new JournalEntry { Transaction = transaction }), CancellationToken.None);
        exposure.Add(receipt.Epoch, receipt.LastSequence, transaction);
    }
}
