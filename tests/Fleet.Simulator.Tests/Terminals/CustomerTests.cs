using Fleet.Simulator.Books;
using Fleet.Simulator.Host;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

/// <summary>What the person in front of the terminal does: tips, wallets, telephone calls, second thoughts.</summary>
[Platform("Linux")]
public sealed class CustomerTests
{
    private const byte TipAllowed = 0x48;

    [Test]
    public async Task Tip_typed_at_the_terminal_is_in_its_amount_where_the_till_allows_one()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Faults.TipNext(150);
        var strict = await bench.RunAsync(new Authorisation { Amount = 1000, PaymentType = 0x40 });

        var generous = await bench.RunAsync(new Authorisation { Amount = 1000, PaymentType = TipAllowed });

        Assert.That((strict.Status!.Amount, generous.Status!.Amount), Is.EqualTo((1000L, 1150L)));
        Assert.That((bench.Terminal.Totals, bench.Host.OpenTotals(Bench.Tid)), Is.EqualTo((new Counter(2, 2150), new Counter(2, 2150))));
    }

    [Test]
    public async Task Tip_after_the_sale_is_a_record_of_its_own()
    {
        await using var bench = await Bench.StartAsync();
        var sale = await bench.SellAsync(1000);

        var tip = await bench.RunAsync(new BookTip { Amount = 200, ReceiptNumber = sale.Status!.ReceiptNumber });

        Assert.That((tip.End, tip.Status!.Amount, tip.Status.CardType), Is.EqualTo((DialogueEnd.Completed, 200L, sale.Status.CardType)));
        Assert.That((bench.Terminal.Totals, bench.Host.OpenTotals(Bench.Tid)), Is.EqualTo((new Counter(2, 1200), new Counter(2, 1200))));
    }

    [TestCase(77, 100, 0x83)]
    [TestCase(1, 1001, 0xC3)]
    public async Task Tip_without_a_sale_or_larger_than_it_is_refused(int receipt, int amount, int code)
    {
        await using var bench = await Bench.StartAsync();
        await bench.SellAsync(1000);

        Assert.That((await bench.RunAsync(new BookTip { Amount = amount, ReceiptNumber = receipt })).Code, Is.EqualTo(code));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 1000)));
    }

    [Test]
    public async Task Referral_is_booked_with_the_approval_from_the_telephone()
    {
        await using var bench = await Bench.StartAsync();
        bench.Host.Change(static r => r with { Declines = [new DeclineRule(5000, 5999, 2)] });

        var referred = await bench.SellAsync(5000);
        var mute = await bench.RunAsync(new TelephonicAuthorisation { Amount = 5000 });
        var booked = await bench.RunAsync(new TelephonicAuthorisation { Amount = 5000, ApprovalCode = "A1B2C3" });

        Assert.Multiple(() =>
        {
            Assert.That((referred.Code, referred.Status!.AdditionalText), Is.EqualTo(((byte)2, "VOICE AUTHORISATION")));
            Assert.That((mute.End, mute.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x9A)), "without BMP 3B there is nothing to book");
            Assert.That((booked.End, booked.Status!.ApprovalCode), Is.EqualTo((DialogueEnd.Completed, "A1B2C3")));
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 5000)));
        });
    }

    [TestCase("Alipay", 97)]
    [TestCase("BlueCode", 260)]
    public async Task Wallet_is_paid_by_a_code_on_the_display(string wallet, int cardType)
    {
        await using var bench = await Bench.StartAsync(customer: TimeSpan.FromMilliseconds(150));
        await bench.RunAsync(new Registration { ServiceByte = 0, Tlv = TlvContainer.Empty });
        bench.Terminal.Present(wallet);

        var paying = bench.SellAsync(1000);
        await Testing.Eventually.TrueAsync(() => bench.Terminal.Display is ["SCAN QR CODE", ..], "the code is shown");
        var paid = await paying;

        Assert.Multiple(() =>
        {
            Assert.That(paid.Status!.CardType, Is.EqualTo(cardType), "beyond 254 it is in TLV 41");
            Assert.That(paid.Status.CardName, Is.EqualTo(wallet));
            Assert.That(paid.Status.MaskedCardNumber, Is.Null);
            Assert.That(paid.Status.Tlv!.Find(TlvTags.PaymentDetails, TlvTags.Technology), Is.Null, "no word for it in TLV 2F");
        });
    }

    [Test]
    public async Task Customer_who_cancels_ends_the_payment_with_6C_and_without_status()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Faults.CancelNext(1);

        var cancelled = await bench.SellAsync(1000);

        Assert.That((cancelled.Code, cancelled.Status), Is.EqualTo(((byte)0x6C, (StatusInformation?)null)));
        Assert.That((await bench.SellAsync(1000)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [TestCase(HostOutage.Payments, 0xA3, 0x00)]
    [TestCase(HostOutage.Settlements, 0x00, 0xA3)]
    [TestCase(HostOutage.Answers, 0xA3, 0x00)]
    public async Task Host_that_fails_in_parts_leaves_both_sides_alike(HostOutage outage, int sale, int endOfDay)
    {
        await using var bench = await Bench.StartAsync();
        await bench.SellAsync(10);
        bench.Host.Change(r => r with { Outage = outage });

        var sold = await bench.SellAsync(1000);
        bench.Host.Change(r => r with { Outage = outage == HostOutage.Settlements ? outage : HostOutage.None });
        var closed = await bench.RunAsync(new EndOfDay());

        Assert.That((sold.Code, closed.Code), Is.EqualTo(((byte)sale, (byte)endOfDay)));
        bench.Host.Change(static r => r with { Outage = HostOutage.None });
        await bench.RunAsync(new Diagnosis());
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(bench.Terminal.Totals));
        Assert.That(bench.Host.ClosedBatches(Bench.Tid).All(static b => b.Balanced), Is.True);
    }

    [Test]
    public async Task Clock_that_drifts_is_wrong_by_what_it_gained()
    {
        await using var bench = await Bench.StartAsync();
        var set = TimeProvider.System.GetUtcNow();
        bench.Terminal.Change(m => m with { ClockDrift = -8640, ClockSetAt = set.AddDays(-1) });

        Assert.That(bench.Terminal.Memory.LocalTime(set) - set, Is.EqualTo(TimeSpan.FromSeconds(-8640)).Within(TimeSpan.FromSeconds(1)));
        var sale = await bench.SellAsync(10);
        Assert.That(sale.Status!.Time!.Value.ToTimeSpan(), Is.EqualTo((set - TimeSpan.FromSeconds(8640)).TimeOfDay).Within(TimeSpan.FromSeconds(60)));
    }
}
