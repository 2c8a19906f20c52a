using Fleet.Simulator.Books;
using Fleet.Simulator.Host;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

[Platform("Linux")]
public sealed class PaymentTests
{
    [Test]
    public async Task Approved_sale_is_booked_once_at_terminal_and_host()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();

        var sale = await bench.SellAsync(1234);

        Assert.Multiple(() =>
        {
            Assert.That(sale.End, Is.EqualTo(DialogueEnd.Completed));
            Assert.That(sale.Status!.Amount, Is.EqualTo(1234));
            Assert.That(sale.Status.TraceNumber, Is.EqualTo(1));
            Assert.That(sale.Status.ReceiptNumber, Is.EqualTo(1));
            Assert.That(sale.Status.TerminalId, Is.EqualTo(29001234));
            Assert.That(sale.Status.Currency, Is.EqualTo(978));
            Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 1234)));
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 1234)));
        });
    }

    [Test]
    public async Task Sale_without_registration_is_possible_and_has_no_currency()
    {
        await using var bench = await Bench.StartAsync();

        var sale = await bench.RunAsync(new Authorisation { Amount = 500 });

        Assert.That(sale.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(sale.Status!.Fields.Has(Bmp.Currency), Is.False);
    }

    [Test]
    public async Task Sale_declined_by_the_host_ends_with_its_code_and_is_not_booked()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        bench.Host.Change(static r => r with { Declines = [new DeclineRule(5000, 5999, 51)] });

        var sale = await bench.SellAsync(5100);

        Assert.Multiple(() =>
        {
            Assert.That(sale.End, Is.EqualTo(DialogueEnd.Aborted));
            Assert.That(sale.Code, Is.EqualTo(51));
            Assert.That(sale.Status!.ResultCode, Is.EqualTo(51));
            Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(Counter.Zero));
        });
    }

    [Test]
    public async Task Sale_while_the_host_is_down_ends_with_no_connection()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        bench.Host.Change(static r => r with { Down = true });

        var sale = await bench.SellAsync(100);

        Assert.That(sale.Code, Is.EqualTo(0xA3));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task Reversal_counts_one_record_and_subtracts()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        var sale = await bench.SellAsync(1234);
        await bench.SellAsync(1000);

        var reversal = await bench.RunAsync(new Reversal { ReceiptNumber = sale.Status!.ReceiptNumber });

        Assert.Multiple(() =>
        {
            Assert.That(reversal.End, Is.EqualTo(DialogueEnd.Completed));
            Assert.That(reversal.Status!.OriginalTraceNumber, Is.EqualTo(sale.Status.TraceNumber));
            Assert.That(reversal.Status.Amount, Is.EqualTo(1234));
            Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(3, 1000)));
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(3, 1000)));
        });
    }

    [Test]
    public async Task Second_reversal_of_a_sale_is_refused()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        var sale = await bench.SellAsync(1234);
        await bench.RunAsync(new Reversal { ReceiptNumber = sale.Status!.ReceiptNumber });

        var second = await bench.RunAsync(new Reversal { ReceiptNumber = sale.Status.ReceiptNumber });

        Assert.That((second.End, second.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)0xB4)));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(2, 0)));
    }

    [TestCase(99, null)]
    [TestCase(1, 1L)]
    public async Task Reversal_that_fits_no_sale_is_refused(int receipt, long? amount)
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(1234);

        var reversal = await bench.RunAsync(new Reversal { ReceiptNumber = receipt, Amount = amount });

        Assert.That((reversal.End, reversal.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)0xB5)));
        Assert.That(reversal.Status!.ResultCode, Is.EqualTo(0xB5));
    }

    [Test]
    public async Task Refund_counts_one_record_and_subtracts()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();
        await bench.SellAsync(1000);

        var refund = await bench.RunAsync(new Refund { Amount = 300, Currency = 978 });

        Assert.That(refund.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(2, 700)));
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(2, 700)));
    }

    [Test]
    public async Task Amount_of_nothing_is_a_protocol_error()
    {
        await using var bench = await Bench.StartAsync();

        var sale = await bench.RunAsync(new Authorisation { Amount = 0 });
        var none = await bench.RunAsync(new Authorisation());

        Assert.That((sale.End, sale.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x9A)));
        Assert.That((none.End, none.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x9A)));
    }

    [Test]
    public async Task Foreign_currency_is_refused_with_the_one_it_has()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();

        var sale = await bench.RunAsync(new Authorisation { Amount = 100, Currency = 840 });

        Assert.That((sale.End, sale.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)0x6F)));
        Assert.That(sale.Data.ToArray(), Is.EqualTo(new byte[] { 0x6F, 0x09, 0x78 }));
    }

    [Test]
    public async Task Goods_that_were_not_issued_reverse_the_payment()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);

        await bench.Link.SendAsync(new Authorisation { Amount = 100 }.ToApdu(), Bench.Bound);
        var last = await AnswerAsync(bench, apdu => apdu.Code == StatusInformation.MessageCode ? Apdu.Negative(0x66) : Apdu.Positive);

        Assert.That(last.Code, Is.EqualTo(0x061E));
        await Eventually.TrueAsync(() => bench.Host.OpenTotals(Bench.Tid) == Counter.Zero, "the host takes it back");
        Assert.That(bench.Terminal.Totals, Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task Partial_issue_books_the_smaller_amount_on_both_sides()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync(ConfigByte.None);

        await bench.Link.SendAsync(new Authorisation { Amount = 1234 }.ToApdu(), Bench.Bound);
        var partial = Apdu.Negative(0x9D, new byte[] { 0x04, 0, 0, 0, 0, 0x05, 0x00 });
        var last = await AnswerAsync(bench, apdu => apdu.Code == StatusInformation.MessageCode ? partial : Apdu.Positive);

        Assert.That(last.Code, Is.EqualTo(0x060F));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 500)));
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 500)));
    }

    [Test]
    public async Task Till_that_is_not_ready_is_asked_again()
    {
        var timers = ZvtTimers.Default with { StatusRepeatPause = TimeSpan.FromMilliseconds(10) };
        await using var bench = await Bench.StartAsync(new() { Tid = Bench.Tid, Host = null!, Line = new(), Timers = timers });
        await bench.RegisterAsync(ConfigByte.None);
        var asked = 0;

        await bench.Link.SendAsync(new Authorisation { Amount = 100 }.ToApdu(), Bench.Bound);
        var last = await AnswerAsync(
            bench, apdu => apdu.Code == StatusInformation.MessageCode && asked++ < 2 ? Apdu.Negative(0x9C) : Apdu.Positive);

        Assert.That((last.Code, asked), Is.EqualTo((0x060F, 3)));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 100)));
    }

    [Test]
    public async Task Till_can_cancel_before_the_host_is_asked()
    {
        await using var slow = await Bench.StartAsync(new() { Tid = Bench.Tid, Host = null!, Line = new() }, customer: TimeSpan.FromMinutes(5));
        await slow.RegisterAsync(ConfigByte.None);

        await slow.Link.SendAsync(new Authorisation { Amount = 100 }.ToApdu(), Bench.Bound);
        Assert.That((await slow.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound)).Apdu, Is.EqualTo(Apdu.Positive));
        await slow.Link.SendAsync(new AbortRequest().ToApdu(), Bench.Bound);
        Assert.That((await slow.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound)).Apdu, Is.EqualTo(Apdu.Positive));
        var last = await AnswerAsync(slow, static _ => Apdu.Positive);

        Assert.That(last.ToArray(), Is.EqualTo(new byte[] { 0x06, 0x1E, 0x01, 0x6C }));
        Assert.That(slow.Host.OpenTotals(Bench.Tid), Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task Full_group_refuses_further_sales()
    {
        await using var bench = await Bench.StartAsync(new() { Tid = Bench.Tid, Host = null!, Line = new(), GroupLimit = 3 });
        await bench.RegisterAsync(ConfigByte.None);
        for (var sale = 0; sale < 2; sale++)
        {
            bench.Terminal.Present("girocard");
            Assert.That((await bench.SellAsync(100)).End, Is.EqualTo(DialogueEnd.Completed));
        }

        Assert.That((await bench.SellAsync(100)).Code, Is.EqualTo(0x6A));
        Assert.That((await bench.RunAsync(new Reversal { ReceiptNumber = 1 })).End, Is.EqualTo(DialogueEnd.Completed));
    }

    /// <summary>Answers the terminal until its last word, which it returns.</summary>
    private static async Task<Apdu> AnswerAsync(Bench bench, Func<Apdu, Apdu> answer)
    {
        while (true)
        {
            var received = await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(20), Bench.Bound);
            Assert.That(received.HasApdu, Is.True, "the terminal fell silent");
            if (received.Apdu!.IsResponse)
            {
                continue;
            }

            await bench.Link.SendAsync(answer(received.Apdu), Bench.Bound);
            if (received.Apdu.Code is 0x060F or 0x061E)
            {
                return received.Apdu;
            }
        }
    }
}
