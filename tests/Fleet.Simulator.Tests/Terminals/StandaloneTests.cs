using Fleet.Simulator.Books;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

[Platform("Linux")]
public sealed class StandaloneTests
{
    [Test]
    public async Task Sale_at_the_device_is_booked_on_both_sides_past_the_till()
    {
        await using var bench = await Bench.StartAsync();

        Assert.That(await bench.Terminal.SellAtDeviceAsync(1500, Bench.Bound), Is.Null);

        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 1500)));
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 1500)));
        Assert.That((await bench.RunAsync(new RepeatReceipt { ServiceByte = 3 })).Status!.Amount, Is.EqualTo(1500));
    }

    [Test]
    public async Task Till_that_took_control_forbids_it()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.AgentDefault);

        // The till has its answer a moment before the device has put the dialogue away.
        string? refusal = null;
        await Eventually.TrueAsync(
            async () => (refusal = await bench.Terminal.SellAtDeviceAsync(1500, Bench.Bound))?.Contains("is running", StringComparison.Ordinal) != true,
            "the registration is over");
        Assert.That(refusal, Does.Contain("till controls"));
        Assert.That(await bench.Terminal.EndOfDayAtDeviceAsync(Bench.Bound), Does.Contain("till controls"));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task End_of_day_at_the_device_closes_the_batch()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SellAsync(100);

        Assert.That(await bench.Terminal.EndOfDayAtDeviceAsync(Bench.Bound), Is.Null);

        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
        Assert.That(bench.Host.ClosedBatches(Bench.Tid), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Device_without_power_does_nothing()
    {
        await using var bench = await Bench.StartAsync();
        await bench.Terminal.PowerCutAsync(Bench.Bound);

        Assert.That(await bench.Terminal.SellAtDeviceAsync(1, Bench.Bound), Does.Contain("power"));
    }

    [Test]
    public async Task Declined_or_unreachable_sale_is_told_and_not_booked()
    {
        await using var bench = await Bench.StartAsync();
        bench.Host.Change(static r => r with { DeclineNext = 1 });
        Assert.That(await bench.Terminal.SellAtDeviceAsync(1, Bench.Bound), Does.Contain("declined"));
        bench.Host.Change(static r => r with { Down = true });
        Assert.That(await bench.Terminal.SellAtDeviceAsync(1, Bench.Bound), Does.Contain("reached"));
        bench.Terminal.Change(static m => m with { PaperOut = true });
        Assert.That(await bench.Terminal.SellAtDeviceAsync(1, Bench.Bound), Does.Contain("paper"));

        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task Locked_device_refuses()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(static m => m with { Lock = Simulator.Terminals.TerminalLock.OutOfOrder });

        Assert.That(await bench.Terminal.SellAtDeviceAsync(1, Bench.Bound), Does.Contain("locked"));
    }
}
