using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

[Platform("Linux")]
public sealed class RecoveryTests
{
    [TestCase(PaymentStep.Accepted, false)]
    [TestCase(PaymentStep.BeforeHost, false)]
    [TestCase(PaymentStep.AfterHost, false)]
    [TestCase(PaymentStep.StatusSent, false)]
    [TestCase(PaymentStep.Final, true)]
    [TestCase(PaymentStep.Completed, true)]
    public async Task Power_cut_leaves_a_payment_booked_or_taken_back_on_both_sides(PaymentStep step, bool booked)
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        await bench.SellAsync(700);
        bench.Terminal.Faults.CutPowerAt(step);

        await bench.SellAsync(1000);
        await Eventually.TrueAsync(() => !bench.Terminal.IsPowered, "the power goes");
        await bench.Terminal.PowerOnAsync(Bench.Bound);
        await bench.ConnectAsync();
        var diagnosis = await bench.RunAsync(new Diagnosis());

        var expected = booked ? new Counter(2, 1700) : new Counter(1, 700);
        Assert.Multiple(() =>
        {
            Assert.That(diagnosis.End, Is.EqualTo(DialogueEnd.Completed));
            Assert.That(bench.Terminal.Totals, Is.EqualTo(expected));
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(expected));
        });
        var last = await bench.RunAsync(new RepeatReceipt { ServiceByte = RepeatReceipt.StatusOnly });
        Assert.That(last.Status!.Amount, Is.EqualTo(booked ? 1000 : 700), "06 20 tells the last payment that is final");
    }

    [TestCase(PaymentStep.BeforeHost)]
    [TestCase(PaymentStep.AfterHost)]
    [TestCase(PaymentStep.StatusSent)]
    public async Task Power_cut_in_an_end_of_day_loses_and_doubles_nothing(PaymentStep step)
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        await bench.SellAsync(700);
        bench.Terminal.Faults.CutPowerAt(step);

        await bench.RunAsync(new EndOfDay());
        await Eventually.TrueAsync(() => !bench.Terminal.IsPowered, "the power goes");
        await bench.Terminal.PowerOnAsync(Bench.Bound);
        await bench.ConnectAsync();
        await bench.SellAsync(50);
        await bench.RunAsync(new EndOfDay());

        var batches = bench.Host.ClosedBatches(Bench.Tid);
        Assert.That(batches.All(static b => b.Balanced), Is.True);
        Assert.That(batches.Aggregate(Counter.Zero, static (sum, b) => sum.Plus(b.Host)), Is.EqualTo(new Counter(2, 750)));
    }

    [Test]
    public async Task Unanswered_status_is_reversed_automatically()
    {
        var timers = ZvtTimers.Default with { Goods = TimeSpan.FromMilliseconds(300) };
        await using var bench = await Bench.StartAsync(new() { Tid = Bench.Tid, Host = null!, Line = new(), Timers = timers });
        await bench.RegisterAsync(ConfigByte.None);

        await bench.Link.SendAsync(new Authorisation { Amount = 100 }.ToApdu(), Bench.Bound);
        await Eventually.TrueAsync(() => bench.Host.OpenTotals(Bench.Tid).Count == 1, "the host books it");
        await Eventually.TrueAsync(() => bench.Host.OpenTotals(Bench.Tid).Count == 0, "the host takes it back");

        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task Cable_pulled_after_approval_reverses_the_payment()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        await bench.SellAsync(700);

        await bench.Link.SendAsync(new Authorisation { Amount = 100 }.ToApdu(), Bench.Bound);
        await Eventually.TrueAsync(() => bench.Host.OpenTotals(Bench.Tid).Count == 2, "the host books it");
        await bench.Terminal.UnplugAsync();
        await Eventually.TrueAsync(() => bench.Host.OpenTotals(Bench.Tid).Count == 1, "the host takes it back");
        bench.Terminal.Replug();
        await bench.ConnectAsync();

        Assert.That((await bench.SellAsync(50)).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(2, 750)));
    }

    [Test]
    public async Task Reversal_owed_while_the_host_is_down_is_paid_before_the_next_booking()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        bench.Terminal.Faults.CutPowerAt(PaymentStep.AfterHost);
        await bench.SellAsync(1000);
        await Eventually.TrueAsync(() => !bench.Terminal.IsPowered, "the power goes");
        bench.Host.Change(static r => r with { Down = true });
        await bench.Terminal.PowerOnAsync(Bench.Bound);
        await bench.ConnectAsync();

        Assert.That((await bench.SellAsync(5)).Code, Is.EqualTo(0xA3));
        Assert.That(bench.Terminal.Memory.OwedVoids, Is.Not.Empty);
        bench.Host.Change(static r => r with { Down = false });
        Assert.That((await bench.SellAsync(6)).End, Is.EqualTo(DialogueEnd.Completed));

        Assert.That(bench.Terminal.Memory.OwedVoids, Is.Empty);
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 6)));
    }

    [Test]
    public async Task Memory_survives_a_restart_of_the_process()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(700);
        await bench.HangUpAsync();
        await bench.Terminal.DisposeAsync();

        await using var again = await Simulator.Terminals.SimulatedTerminalHost.StartAsync(bench.Options, Bench.Bound);

        Assert.That(again.Totals, Is.EqualTo(new Counter(1, 700)));
        Assert.That(again.Memory.TraceNumber, Is.EqualTo(1));
    }

    [Test]
    public async Task Silence_after_approval_lasts_until_the_power_is_cycled()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        bench.Terminal.Faults.FallSilentAt(PaymentStep.AfterHost);

        await bench.Link.SendAsync(new Authorisation { Amount = 100 }.ToApdu(), Bench.Bound);
        await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound);
        await Eventually.TrueAsync(() => bench.Terminal.Memory.Provisional is not null, "it is approved");
        var silence = await bench.Link.ReceiveAsync(TimeSpan.FromMilliseconds(500), Bench.Bound);
        await bench.Terminal.PowerCutAsync(Bench.Bound);
        await bench.Terminal.PowerOnAsync(Bench.Bound);
        await bench.ConnectAsync();

        Assert.That(silence.Kind, Is.EqualTo(ZvtReceiveKind.Timeout));
        Assert.That((await bench.RunAsync(new Diagnosis())).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(Counter.Zero));
    }
}
