using Fleet.Simulator.Books;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

[Platform("Linux")]
public sealed class AdministrationTests
{
    [Test]
    public async Task Registration_answers_with_terminal_id_and_currency()
    {
        await using var bench = await Bench.StartAsync();

        var registered = await bench.Till.RunAsync(Apdu.FromHex("06 00 08 00 00 00 BE 09 78 03 01"), Bench.Bound);

        Assert.That(Convert.ToHexString(registered.Data.Span), Is.EqualTo("19002929001234490978"));
    }

    [Test]
    public async Task Registration_in_a_foreign_currency_is_refused()
    {
        await using var bench = await Bench.StartAsync();

        await bench.Link.SendAsync(new Registration { Currency = 840 }.ToApdu(), Bench.Bound);
        var answer = await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound);

        Assert.That(answer.Apdu!.ToArray(), Is.EqualTo(new byte[] { 0x84, 0x1E, 0x01, 0x6F }));
    }

    [Test]
    public async Task Unknown_command_is_refused_with_83_and_a_malformed_one_with_9A()
    {
        await using var bench = await Bench.StartAsync();

        var unknown = await bench.Till.RunAsync(Apdu.FromHex("06 7E 00"), Bench.Bound);
        var malformed = await bench.Till.RunAsync(Apdu.FromHex("06 01 03 04 00 00"), Bench.Bound);
        var field = await bench.Till.RunAsync(Apdu.FromHex("06 01 02 FE 00"), Bench.Bound);

        Assert.That((unknown.End, unknown.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x83)));
        Assert.That((malformed.End, malformed.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x9A)));
        Assert.That((field.End, field.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0x83)));
    }

    [Test]
    public async Task Card_data_is_never_handed_out()
    {
        await using var bench = await Bench.StartAsync();

        var read = await bench.RunAsync(new ReadCard());

        Assert.That((read.End, read.Code), Is.EqualTo((DialogueEnd.Refused, (byte)0xA5)));
    }

    [Test]
    public async Task Status_comes_in_the_form_that_was_asked_for()
    {
        await using var bench = await Bench.StartAsync();

        var bare = await StatusAsync(bench, "05 01 05 00 00 00 03 02", versionExpected: false);
        var version = await StatusAsync(bench, "05 01 00", versionExpected: true);
        var details = await StatusAsync(bench, "05 01 05 00 00 00 03 06", versionExpected: false);

        Assert.Multiple(() =>
        {
            Assert.That(bare.Status, Is.Zero);
            Assert.That(version.SoftwareVersion, Does.StartWith("SIM "));
            Assert.That(details.TerminalId, Is.EqualTo(29001234));
            Assert.That(details.SerialNumber, Is.EqualTo("19001234"));
            Assert.That(details.Locks, Is.EqualTo(TerminalLocks.None));
        });
    }

    [TestCase(TerminalLock.OutOfOrder, TerminalLocks.OutOfOrder | TerminalLocks.ActivationNeeded)]
    [TestCase(TerminalLock.ActivationRequired, TerminalLocks.ActivationNeeded)]
    [TestCase(TerminalLock.InitialisationRequired, TerminalLocks.InitialisationNeeded)]
    public async Task Locked_terminal_ends_every_payment_with_its_lock_and_shows_it(TerminalLock locked, TerminalLocks shown)
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(m => m with { Lock = locked });
        await bench.RegisterAsync();

        var sale = await bench.SellAsync(100);
        var day = await bench.RunAsync(new EndOfDay());
        var totals = await bench.RunAsync(new SendTotals());
        var reversal = await bench.RunAsync(new Reversal { ReceiptNumber = 1 });
        await bench.Link.SendAsync(new DisplayText { Lines = ["LOCKED"] }.ToApdu(), Bench.Bound);
        var text = await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound);
        var status = await StatusAsync(bench, "05 01 05 00 00 00 03 06", versionExpected: false);

        Assert.Multiple(() =>
        {
            Assert.That((sale.End, sale.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)locked)));
            Assert.That(day.Code, Is.EqualTo((byte)locked));
            Assert.That(totals.Code, Is.EqualTo((byte)locked));
            Assert.That(reversal.Code, Is.EqualTo((byte)locked));
            Assert.That(text.Apdu, Is.EqualTo(Apdu.Positive), "display texts are allowed");
            Assert.That(status.Status, Is.EqualTo((byte)locked));
            Assert.That(status.Locks, Is.EqualTo(shown));
        });
    }

    [TestCase(TerminalLock.DiagnosisRequired, "06 70 00")]
    [TestCase(TerminalLock.InitialisationRequired, "06 93 03 00 00 00")]
    [TestCase(TerminalLock.EndOfDayRequired, "06 50 03 00 00 00")]
    public async Task Remedy_removes_its_lock(TerminalLock locked, string remedy)
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(m => m with { Lock = locked });

        Assert.That((await bench.Till.RunAsync(Apdu.FromHex(remedy), Bench.Bound)).End, Is.EqualTo(DialogueEnd.Completed));

        Assert.That((await bench.SellAsync(100)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [Test]
    public async Task Tampered_terminal_is_out_of_order_whatever_its_lock_says()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(static m => m with { Tampered = true });

        Assert.That((await bench.SellAsync(100)).Code, Is.EqualTo((byte)TerminalLock.OutOfOrder));
    }

    [Test]
    public async Task Out_of_service_needs_the_host_and_lasts()
    {
        await using var bench = await Bench.StartAsync();
        bench.Host.Change(static r => r with { Down = true });
        Assert.That((await bench.Till.RunAsync(Apdu.FromHex("08 24 00"), Bench.Bound)).Code, Is.EqualTo(0xA3));
        bench.Host.Change(static r => r with { Down = false });

        await bench.Till.RunAsync(Apdu.FromHex("08 24 00"), Bench.Bound);

        Assert.That((await bench.SellAsync(100)).Code, Is.EqualTo((byte)TerminalLock.OutOfOrder));
    }

    [Test]
    public async Task Terminal_id_is_erased_only_with_an_empty_batch()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SellAsync(100);

        var refused = await bench.RunAsync(new SetTerminalId());
        await bench.RunAsync(new EndOfDay());
        var erased = await bench.RunAsync(new SetTerminalId());

        Assert.That((refused.End, refused.Code), Is.EqualTo((DialogueEnd.Aborted, (byte)0xF0)));
        Assert.That(erased.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Terminal.Memory.Tid, Is.EqualTo("00000000"));
        Assert.That((await bench.SellAsync(100)).Code, Is.EqualTo((byte)TerminalLock.ActivationRequired));
    }

    [Test]
    public async Task Open_preauthorisations_are_none()
    {
        await using var bench = await Bench.StartAsync();

        var list = await bench.Till.RunAsync(Apdu.FromHex("06 23 03 87 FF FF"), Bench.Bound);

        Assert.That(Convert.ToHexString(list.Data.Span), Is.EqualTo("B887FFFF"));
    }

    [Test]
    public async Task Last_receipt_of_a_new_terminal_does_not_exist()
    {
        await using var bench = await Bench.StartAsync();

        Assert.That((await bench.RunAsync(new RepeatReceipt { ServiceByte = 3 })).Code, Is.EqualTo(0x64));
    }

    [Test]
    public async Task Last_receipt_survives_the_end_of_day()
    {
        await using var bench = await Bench.StartAsync();
        await bench.SellAsync(4321);
        await bench.RunAsync(new EndOfDay());

        Assert.That((await bench.RunAsync(new RepeatReceipt { ServiceByte = 3 })).Status!.Amount, Is.EqualTo(4321));
    }

    [Test]
    public async Task Clock_is_set_and_shows_in_the_next_receipt()
    {
        await using var bench = await Bench.StartAsync();

        await bench.RunAsync(new SetDateTime { Clock = new DateTime(2031, 5, 6, 7, 8, 9, DateTimeKind.Unspecified) });
        var sale = await bench.SellAsync(100);

        Assert.That((sale.Status!.Date!.Value.Month, sale.Status.Date.Value.Day, sale.Status.Time!.Value.Hour), Is.EqualTo((5, 6, 7)));
    }

    [Test]
    public async Task Restart_takes_the_terminal_off_the_line_and_brings_it_back()
    {
        var power = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var bench = await Bench.StartAsync(observer: e => power.Enqueue(e.Name == "power" ? e.ToJson() : string.Empty));
        await bench.SellAsync(100);

        Assert.That((await bench.RunAsync(new ResetTerminal())).End, Is.EqualTo(DialogueEnd.Completed));
        await Eventually.TrueAsync(() => power.Count(static p => p.Contains("\"on\":true", StringComparison.Ordinal)) == 2, "it starts again");
        Assert.That(power.Count(static p => p.Contains("\"on\":false", StringComparison.Ordinal)), Is.EqualTo(1));
        await bench.ConnectAsync();

        Assert.That((await bench.SellAsync(50)).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(2, 150)));
    }

    [Test]
    public async Task Log_off_ends_ready_made_intermediate_status()
    {
        await using var bench = await Bench.StartAsync();
        await bench.RegisterAsync();

        await bench.Link.SendAsync(new LogOff().ToApdu(), Bench.Bound);
        var answer = await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound);

        Assert.That(answer.Apdu, Is.EqualTo(Apdu.Positive));
        Assert.That(bench.Terminal.Memory.Till.Config, Is.EqualTo(ConfigByte.AfterLogOff));
    }

    [Test]
    public async Task Display_shows_what_the_till_sends_in_the_language_of_the_device()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(static m => m with { Language = DisplayLanguage.Chinese });

        await bench.Link.SendAsync(new DisplayText { Lines = ["HELLO", "WORLD"] }.ToApdu(), Bench.Bound);
        await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound);
        await Eventually.TrueAsync(() => bench.Terminal.Display is ["准备就绪", ..], "the idle text comes back in Chinese");
    }

    [Test]
    public async Task Busy_terminal_answers_9C_as_often_as_told()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Faults.BusyNext(2);

        Assert.That((await bench.SellAsync(1)).Code, Is.EqualTo(0x9C));
        Assert.That((await bench.SellAsync(1)).Code, Is.EqualTo(0x9C));
        Assert.That((await bench.SellAsync(1)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [Test]
    public async Task Paper_out_stops_payments_only_where_the_terminal_prints()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(static m => m with { PaperOut = true });

        await bench.RegisterAsync(ConfigByte.None);
        Assert.That((await bench.SellAsync(1)).Code, Is.EqualTo(0xCC));
        await bench.RegisterAsync(ConfigByte.AgentDefault);
        Assert.That((await bench.SellAsync(1)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    private static async Task<StatusCompletion> StatusAsync(Bench bench, string hex, bool versionExpected)
    {
        var result = await bench.Till.RunAsync(Apdu.FromHex(hex), Bench.Bound);
        Assert.That(result.End, Is.EqualTo(DialogueEnd.Completed));
        return StatusCompletion.Parse(Apdu.Of(Completion.MessageCode, result.Data), versionExpected).Require()!;
    }
}
