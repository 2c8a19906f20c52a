using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Terminals;

/// <summary>Reference 16.2, command by command and lock by lock.</summary>
[Platform("Linux")]
public sealed class LockedStateTests
{
    private static readonly TerminalLock[] Strict =
    [
        TerminalLock.InitialisationRequired, TerminalLock.ClockWrong, TerminalLock.DiagnosisRequired, TerminalLock.ProfileInvalid,
        TerminalLock.OutOfOrder, TerminalLock.ReaderDefective, TerminalLock.ActivationRequired, TerminalLock.OptDataMissing,
    ];

    [TestCaseSource(nameof(Strict))]
    public async Task Locked_terminal_takes_what_the_reference_lists_and_ends_the_rest_with_its_state(TerminalLock locked)
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(m => m with { Lock = locked });

        var refused = new ZvtMessage[]
        {
            new Authorisation { Amount = 1 }, new Refund { Amount = 1 }, new Reversal { ReceiptNumber = 1 }, new PreAuthorisation { Amount = 1 },
            new RepeatReceipt(), new SendTotals(), new ReprintReceipts { From = 1 }, new SelfTest(), PartialReversal.ListOpen,
        };
        foreach (var message in refused)
        {
            var result = await bench.RunAsync(message);
            Assert.That((message.Code, result.End, result.Code), Is.EqualTo((message.Code, DialogueEnd.Aborted, (byte)locked)));
        }

        Assert.That((await bench.RunAsync(new Registration())).End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That((await bench.RunAsync(new ServiceMode())).End, Is.EqualTo(DialogueEnd.Completed));
        foreach (var message in new ZvtMessage[] { new DisplayText { Lines = ["X"] }, new AbortRequest(), new LogOff() })
        {
            await bench.Link.SendAsync(message.ToApdu(), Bench.Bound);
            Assert.That((await bench.Link.ReceiveAsync(TimeSpan.FromSeconds(10), Bench.Bound)).Apdu, Is.EqualTo(Apdu.Positive), message.ToString());
        }

        var status = await bench.RunAsync(new StatusEnquiry { ServiceByte = 0x02 });
        Assert.That(status.Data.Span[0], Is.EqualTo((byte)locked));
    }

    [TestCase(TerminalLock.EndOfDayRequired)]
    [TestCase(TerminalLock.MemoryFull)]
    [TestCase(TerminalLock.JournalFull)]
    public async Task Terminal_that_cannot_book_still_answers_questions(TerminalLock locked)
    {
        await using var bench = await Bench.StartAsync();
        await bench.SellAsync(10);
        bench.Terminal.Change(m => m with { Lock = locked });

        Assert.That((await bench.SellAsync(10)).Code, Is.EqualTo((byte)locked));
        Assert.That((await bench.RunAsync(new RepeatReceipt { ServiceByte = 3 })).Status!.Amount, Is.EqualTo(10));
        Assert.That((await bench.RunAsync(new SendTotals())).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [TestCase(TerminalLock.ClockWrong, "06 91 0B 00 00 00 AA 26 03 14 0C 12 34 56")]
    [TestCase(TerminalLock.ClockWrong, "06 70 00")]
    [TestCase(TerminalLock.MemoryFull, "06 50 03 00 00 00")]
    [TestCase(TerminalLock.JournalFull, "08 12 00")]
    [TestCase(TerminalLock.OptDataMissing, "08 20 00")]
    [TestCase(TerminalLock.OutOfOrder, "08 13 07 06 05 2D 03 1C 01 00")]
    public async Task Remedy_removes_its_lock(TerminalLock locked, string remedy)
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(m => m with { Lock = locked });

        Assert.That((await bench.Till.RunAsync(Apdu.FromHex(remedy), Bench.Bound)).End, Is.EqualTo(DialogueEnd.Completed));

        Assert.That((await bench.SellAsync(100)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [Test]
    public async Task Configuration_of_the_vendor_takes_the_device_out_of_service()
    {
        await using var bench = await Bench.StartAsync();

        var disabled = await bench.Till.RunAsync(Apdu.FromHex("08 13 07 06 05 2D 03 1C 01 01"), Bench.Bound);
        var nothing = await bench.Till.RunAsync(Apdu.FromHex("08 13 00"), Bench.Bound);

        Assert.That((Convert.ToHexString(disabled.Data.Span), Convert.ToHexString(nothing.Data.Span)), Is.EqualTo(("2700", "279A")));
        Assert.That((await bench.SellAsync(100)).Code, Is.EqualTo((byte)TerminalLock.OutOfOrder));
    }

    [Test]
    public async Task Display_of_a_locked_device_says_so_in_both_languages()
    {
        await using var bench = await Bench.StartAsync();
        bench.Terminal.Change(static m => m with { Lock = TerminalLock.EndOfDayRequired });
        Assert.That(bench.Terminal.Display[0], Is.EqualTo("END OF DAY REQUIRED"));
        bench.Terminal.Change(static m => m with { Language = DisplayLanguage.Chinese });
        Assert.That(bench.Terminal.Display[0], Is.EqualTo("请先日终结算"));
    }
}
