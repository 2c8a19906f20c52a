using Fleet.Agent.Journal;

namespace Fleet.Agent.Tests.Journal;

/// <summary>A crash at every step of setting a damaged journal aside; the steps are those that the code itself names.</summary>
public sealed class SetAsideCrashTests
{
    private sealed class CrashAt(string? point) : ICrashPoints
    {
        public List<string> Passed { get; } = [];

        public void Reached(string passed)
        {
            Passed.Add(passed);
            if (passed == point)
            {
                throw new InvalidOperationException("crash at " + passed);
            }
        }
    }

    [Test]
    public async Task Every_step_can_crash_and_the_next_start_has_everything_that_is_readable()
    {
        var all = new CrashAt(null);
        await RecoverAsync(all);
        var steps = all.Passed.Where(static p => p == "journal-built" || p.StartsWith("set-aside", StringComparison.Ordinal)).ToList();
        Assert.That(steps, Has.Count.GreaterThanOrEqualTo(4));

        foreach (var step in steps)
        {
            await RecoverAsync(new CrashAt(step));
        }
    }

    private static async Task RecoverAsync(CrashAt crash)
    {
        await using var world = new JournalWorld();
        var journal = world.Open();
        await JournalWorld.AppendSalesAsync(journal, 6);
        await journal.AppendAsync(new JournalWrite { State = [new StateChange("gate/position", "locked"u8.ToArray())] }, CancellationToken.None);
        await journal.DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(world.Database);
        bytes[bytes.AsSpan().LastIndexOf("sale-4"u8)] ^= 1;
        await File.WriteAllBytesAsync(world.Database, bytes);

        world.CrashPoints = crash;
        try
        {
            await world.Open().DisposeAsync();
        }
        catch (JournalFaultException error) when (error.InnerException is InvalidOperationException)
        {
            // The crash.
        }

        world.CrashPoints = NoCrashPoints.Instance;
        var again = world.Open();
        await world.KeepHouseAsync(again);
        var sales = (await JournalWorld.ReadAllAsync(again)).Where(static e => e.Transaction is not null).Select(static e => e.Transaction.TransactionId);
        Assert.That(sales, Is.EqualTo(new[] { "sale-1", "sale-2", "sale-3", "sale-5", "sale-6" }));
        Assert.That(await again.ReadStateAsync("gate/position", CancellationToken.None), Is.EqualTo("locked"u8.ToArray()));
        Assert.That(Directory.GetDirectories(world.DataDirectory, "journal-damaged-*"), Has.Length.EqualTo(1));
    }
}
