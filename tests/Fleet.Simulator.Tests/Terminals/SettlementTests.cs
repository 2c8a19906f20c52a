using Fleet.Simulator.Books;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

[Platform("Linux")]
public sealed class SettlementTests
{
    [Test]
    public async Task End_of_day_closes_the_batch_on_both_sides()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await SellAsync(bench, "girocard", 1500);
        await SellAsync(bench, "girocard", 3067);
        await SellAsync(bench, "Mastercard", 1999);
        await SellAsync(bench, "VISA", 2500);
        await bench.RunAsync(new Refund { Amount = 100 });

        var day = await bench.RunAsync(new EndOfDay());

        var closed = bench.Host.ClosedBatch(Bench.Tid, (int)day.Status!.TraceNumber!.Value)!;
        Assert.Multiple(() =>
        {
            Assert.That(day.End, Is.EqualTo(DialogueEnd.Completed));
            Assert.That(day.Status.Amount, Is.EqualTo(8966));
            Assert.That(closed.Host, Is.EqualTo(new Counter(5, 8966)));
            Assert.That(closed.Balanced, Is.True);
            Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
            Assert.That(bench.Terminal.Memory.LastSettlement!.Totals, Is.EqualTo(new Counter(5, 8966)));
        });
    }

    [Test]
    public async Task Totals_name_each_card_group()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await SellAsync(bench, "girocard", 1500);
        await SellAsync(bench, "girocard", 3067);
        await SellAsync(bench, "American Express", 1);
        await SellAsync(bench, "VISA", 2500);

        var report = await bench.RunAsync(new SendTotals());

        var totals = report.Status!.Totals!;
        Assert.Multiple(() =>
        {
            Assert.That(report.Status.Amount, Is.EqualTo(7068));
            Assert.That(totals.ToString(), Is.Not.Null);
            Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(4, 7068)), "an X report closes nothing");
        });
        var bytes = report.Status.Fields.Find(Bmp.Totals)!.Value.ToArray();
        Assert.That(bytes, Has.Length.EqualTo(53));
        Assert.That(bytes[..4], Is.EqualTo(new byte[] { 0x00, 0x01, 0x00, 0x04 }), "receipts 1 to 4");
        Assert.That(bytes[4..11], Is.EqualTo(new byte[] { 2, 0, 0, 0, 0, 0x45, 0x67 }), "girocard");
        Assert.That(bytes[25..32], Is.EqualTo(new byte[] { 1, 0, 0, 0, 0, 0, 0x01 }), "American Express");
        Assert.That(bytes[32..39], Is.EqualTo(new byte[] { 1, 0, 0, 0, 0, 0x25, 0x00 }), "Visa");
    }

    [Test]
    public async Task Failed_end_of_day_leaves_the_batch_as_it_was()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(1000);
        bench.Host.Change(static r => r with { Down = true });

        var failed = await bench.RunAsync(new EndOfDay());
        bench.Host.Change(static r => r with { Down = false });
        var more = await bench.SellAsync(500);
        var day = await bench.RunAsync(new EndOfDay());

        Assert.That((failed.End, failed.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)0xA3)));
        Assert.That(more.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(day.Status!.Amount, Is.EqualTo(1500));
    }

    [Test]
    public async Task Numbers_keep_counting_over_end_of_day()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(1000);
        var day = await bench.RunAsync(new EndOfDay());

        var next = await bench.SellAsync(1000);

        Assert.That(day.Status!.TraceNumber, Is.EqualTo(2));
        Assert.That(next.Status!.TraceNumber, Is.EqualTo(3));
        Assert.That(next.Status.ReceiptNumber, Is.EqualTo(2));
    }

    [Test]
    public async Task Empty_batch_settles_with_nothing()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();

        var day = await bench.RunAsync(new EndOfDay());

        Assert.That(day.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(day.Status!.Amount, Is.Zero);
    }

    [Test]
    public async Task Wrong_totals_differ_by_one_minor_unit_from_the_truth()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(1000);
        bench.Terminal.Faults.WrongTotalsNext(1);

        Assert.That((await bench.RunAsync(new SendTotals())).Status!.Amount, Is.EqualTo(1001));
        Assert.That((await bench.RunAsync(new SendTotals())).Status!.Amount, Is.EqualTo(1000));
    }

    [Test]
    public async Task Receipts_of_the_end_of_day_go_to_a_till_that_prints()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(1000);

        Assert.That((await bench.RunAsync(new EndOfDay())).End, Is.EqualTo(DialogueEnd.Completed));
    }

    private static Task<DialogueResult> SellAsync(Bench bench, string card, long amount)
    {
        bench.Terminal.Present(card);
        return bench.SellAsync(amount);
    }
}
