using System.Diagnostics;
using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Faults;

[Platform("Linux")]
public sealed class LineFaultTests
{
    private static readonly ZvtTimers Quick = ZvtTimers.Default with { T2 = TimeSpan.FromMilliseconds(400) };

    [TestCase(LineFault.Nak, 1)]
    [TestCase(LineFault.Nak, 2)]
    [TestCase(LineFault.CorruptFrame, 1)]
    [TestCase(LineFault.CorruptFrame, 2)]
    [TestCase(LineFault.DropFrame, 1)]
    [TestCase(LineFault.DuplicateFrame, 4)]
    public async Task Sale_survives_a_disturbed_line_and_is_booked_once(LineFault fault, int count)
    {
        await using var bench = await StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        bench.Terminal.LineFaults.Arm(fault, count);

        var sale = await bench.SellAsync(1000);

        Assert.That(sale.End, Is.EqualTo(DialogueEnd.Completed));
        Assert.That(bench.Terminal.Totals, Is.EqualTo(new Counter(1, 1000)));
        Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(new Counter(1, 1000)));
    }

    [Test]
    public async Task Bytes_that_arrive_one_by_one_make_the_same_frames()
    {
        await using var bench = await StartAsync();
        bench.Terminal.LineFaults.Split = true;

        Assert.That((await bench.SellAsync(1000)).End, Is.EqualTo(DialogueEnd.Completed));
    }

    [Test]
    public async Task Line_at_9600_baud_takes_the_time_of_its_bytes()
    {
        await using var bench = await StartAsync(LinePace.Baud9600);
        await bench.RegisterAsync(ConfigByte.None);
        var clock = Stopwatch.StartNew();

        await bench.SellAsync(1000);

        // Some 150 bytes in both directions at 1.15 ms: far from at once, far from a time-out.
        Assert.That(clock.Elapsed, Is.InRange(TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task Silent_line_is_heard_again_after_the_switch_is_cleared()
    {
        await using var bench = await StartAsync();
        bench.Terminal.LineFaults.Silent = true;
        var lost = await bench.Link.SendAsync(new StatusEnquiry().ToApdu(), Bench.Bound);
        bench.Terminal.LineFaults.Clear();
        await bench.ConnectAsync();

        Assert.That(lost, Is.EqualTo(ZvtSendResult.NotAcknowledged));

        // The terminal may still wait for the end of the dialogue that nobody heard.
        await Fleet.Testing.Eventually.TrueAsync(async () => (await bench.SellAsync(1)).End == DialogueEnd.Completed, "it sells again");
    }

    /// <summary>Whatever strikes: either both sides agree on the outcome, or the till knows that it does not know.</summary>
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public async Task Till_and_terminal_agree_or_the_till_knows_that_it_does_not_know(int seed)
    {
        var random = new Random(seed);
        await using var bench = await StartAsync();
        await bench.RegisterAsync(ConfigByte.None);
        var believed = Counter.Zero;
        for (var round = 0; round < 12; round++)
        {
            bench.Terminal.LineFaults.Arm((LineFault)random.Next(5), random.Next(1, 4));
            var amount = random.NextInt64(100, 9999);
            var before = bench.Terminal.Totals;
            var sale = await bench.SellAsync(amount);
            bench.Terminal.LineFaults.Clear();
            if (sale.End == DialogueEnd.Lost)
            {
                await Fleet.Testing.Eventually.TrueAsync(
                    async () => (await bench.RunAsync(new StatusEnquiry())).End == DialogueEnd.Completed, "the terminal is idle again");
                var last = await bench.RunAsync(new RepeatReceipt { ServiceByte = RepeatReceipt.StatusOnly });
                var booked = bench.Terminal.Totals != before;
                Assert.That(booked, Is.EqualTo(last.Status?.Amount == amount));
                believed = booked ? believed.Plus(BookingKind.Sale, amount) : believed;
            }
            else if (sale.End == DialogueEnd.Completed)
            {
                believed = believed.Plus(BookingKind.Sale, amount);
            }

            Assert.That(bench.Terminal.Totals, Is.EqualTo(believed), $"round {round}, {sale.End}");
            Assert.That(bench.Host.OpenTotals(Bench.Tid), Is.EqualTo(believed), $"round {round}, {sale.End}");
        }
    }

    private static Task<Bench> StartAsync(LinePace? pace = null) =>
        Bench.StartAsync(new TerminalOptions { Tid = Bench.Tid, Host = null!, Line = new(), Pace = pace, Timers = Quick }, timers: Quick);
}
