using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

/// <summary>Pre-authorisations (reference 9: 06 22 to 06 25; 10.3 and 14.8: the list).</summary>
[Platform("Linux")]
public sealed class HeldMoneyTests
{
    [Test]
    public async Task Held_money_counts_in_no_total_until_it_is_booked()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();

        var held = await HoldAsync(bench, 10_000);
        Assert.That((bench.Terminal.Totals, bench.Host.OpenTotals(Bench.Tid)), Is.EqualTo((Counter.Zero, Counter.Zero)));
        var booked = await bench.RunAsync(new BookTotal { ReceiptNumber = held, Amount = 8_000 });

        Assert.Multiple(() =>
        {
            Assert.That((booked.End, booked.Status!.Amount), Is.EqualTo((DialogueEnd.Completed, 8_000L)));
            Assert.That(booked.Status.OriginalTraceNumber, Is.Null, "BMP 37 belongs to reversals");
            Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 8_000)));
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 8_000)));
            Assert.That(bench.Terminal.Memory.Reservations, Is.Empty);
        });
    }

    [Test]
    public async Task Unused_part_is_given_back_and_the_rest_is_booked()
    {
        await using var bench = await Bench.StartAsync();
        var held = await HoldAsync(bench, 10_000);

        var booked = await bench.RunAsync(new PartialReversal { ReceiptNumber = held, Amount = 2_500 });

        Assert.That((booked.End, booked.Status!.Amount), Is.EqualTo((DialogueEnd.Completed, 7_500L)));
        Assert.That((bench.Terminal.Totals, bench.Host.OpenTotals(Bench.Tid)), Is.EqualTo((new Counter(1, 7_500), new Counter(1, 7_500))));
    }

    [Test]
    public async Task Money_that_is_given_back_is_gone_on_both_sides()
    {
        await using var bench = await Bench.StartAsync();
        var held = await HoldAsync(bench, 10_000);

        var released = await bench.RunAsync(new ReversePreAuthorisation { ReceiptNumber = held });
        var again = await bench.RunAsync(new ReversePreAuthorisation { ReceiptNumber = held });

        Assert.That(released.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That((again.End, again.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)0xB8)));
        Assert.That(bench.Host.OpenBookings(Bench.Tid).Select(static b => b.Kind), Has.None.EqualTo(BookingKind.Reservation));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
    }

    [TestCase(10_001)]
    [TestCase(0)]
    public async Task Booking_of_a_wrong_amount_is_refused(int amount)
    {
        await using var bench = await Bench.StartAsync();
        var held = await HoldAsync(bench, 10_000);

        Assert.That((await bench.RunAsync(new BookTotal { ReceiptNumber = held, Amount = amount })).Code, Is.EqualTo(0xB7));
        Assert.That(bench.Terminal.Memory.Reservations, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Open_ones_are_listed_in_the_form_the_till_understands()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        var first = await HoldAsync(bench, 100);
        var one = await ListAsync(bench);
        var second = await HoldAsync(bench, 200);
        var oldest = await ListAsync(bench);
        await bench.RunAsync(new Registration { ServiceByte = 0, Tlv = TlvContainer.Empty });
        var all = await ListAsync(bench);

        Assert.Multiple(() =>
        {
            Assert.That(one, Is.EqualTo(new[] { first }));
            Assert.That(oldest, Is.EqualTo(new[] { first }), "without TLV there is room for one");
            Assert.That(all, Is.EqualTo(new[] { first, second }));
        });
    }

    [Test]
    public async Task End_of_day_leaves_held_money_held()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        var held = await HoldAsync(bench, 500);
        await bench.SellAsync(100);

        Assert.That((await bench.RunAsync(new EndOfDay())).End, Is.EqualTo(DialogueEnd.Completed));

        Assert.That(await ListAsync(bench), Is.EqualTo(new[] { held }));
        Assert.That((await bench.RunAsync(new BookTotal { ReceiptNumber = held })).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 500)));
    }

    [TestCase(PaymentStep.BeforeHost)]
    [TestCase(PaymentStep.AfterHost)]
    [TestCase(PaymentStep.StatusSent)]
    public async Task Power_cut_in_a_booking_leaves_the_reservation_as_it_was(PaymentStep step)
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        var held = await HoldAsync(bench, 900);
        bench.Terminal.Faults.CutPowerAt(step);

        await bench.RunAsync(new BookTotal { ReceiptNumber = held });
        await Eventually.TrueAsync(() => !bench.Terminal.IsPowered, "the power goes");
        await bench.Terminal.PowerOnAsync(Bench.Bound);
        await bench.ConnectAsync();
        await bench.RunAsync(new Diagnosis());

        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(Counter.Zero));
        Assert.That((await bench.RunAsync(new BookTotal { ReceiptNumber = held })).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That((bench.Terminal.Totals, bench.Host.OpenTotals(Bench.Tid)), Is.EqualTo((new Counter(1, 900), new Counter(1, 900))));
    }

    [Test]
    public async Task Terminal_id_stays_as_long_as_money_is_held()
    {
        await using var bench = await Bench.StartAsync();
        await HoldAsync(bench, 900);

        Assert.That((await bench.RunAsync(new SetTerminalId())).Code, Is.EqualTo(0xF0));
    }

    private static async Task<int> HoldAsync(Bench bench, long amount)
    {
        var held = await bench.RunAsync(new PreAuthorisation { Amount = amount });
        Assert.That(held.End, Is.EqualTo(DialogueEnd.Completed));
        return held.Status!.ReceiptNumber!.Value;
    }

    private static async Task<IReadOnlyList<int>> ListAsync(Bench bench)
    {
        var list = await bench.RunAsync(PartialReversal.ListOpen);
        return Abort.Parse(Apdu.Of(Abort.MessageCode, list.Data)).Require().OpenPreAuthorisations;
    }
}
