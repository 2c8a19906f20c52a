using Fleet.Simulator.Books;
using Fleet.Simulator.Faults;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Tills;

public sealed class SimulatedTillTests
{
    private const string Tid = "29001234";
    private static readonly ZvtTimers Quick = ZvtTimers.Default with { Goods = TimeSpan.FromSeconds(1), T4 = TimeSpan.FromSeconds(3) };

    [Test]
    public async Task Till_and_terminal_agree_after_a_mixed_run()
    {
        await using var world = await World.StartAsync();
        world.Host.Change(static r => r with { DeclineShare = 0.2 });
        await using var till = world.NewTill(o => o with { Count = 40, RefundShare = 0.15, ReversalShare = 0.15 });

        await till.RunAsync(CancellationToken.None, Bench.Bound);

        Assert.Multiple(() =>
        {
            Assert.That(till.Books.Count(TillOutcome.Declined), Is.GreaterThan(0));
            Assert.That(till.Books.Count(TillOutcome.Unknown), Is.Zero);
            Assert.That(till.Books.Approved, Is.EqualTo(world.Terminal.Totals));
            Assert.That(till.Books.Approved, Is.EqualTo(world.Host.OpenTotals(Tid)));
        });
    }

    [Test]
    public async Task One_seed_gives_one_run()
    {
        var runs = new List<IReadOnlyList<TillPayment>>();
        for (var run = 0; run < 2; run++)
        {
            await using var world = await World.StartAsync();
            await using var till = world.NewTill(static o => o with { Count = 10, Seed = 42 });
            await till.RunAsync(CancellationToken.None, Bench.Bound);
            runs.Add(till.Books.Payments);
        }

        Assert.That(runs[0], Is.EqualTo(runs[1]));
    }

    [TestCase(PaymentStep.Accepted, TillOutcome.Declined)]
    [TestCase(PaymentStep.AfterHost, TillOutcome.Declined)]
    [TestCase(PaymentStep.StatusSent, TillOutcome.Declined)]
    [TestCase(PaymentStep.Final, TillOutcome.Approved)]
    public async Task Lost_outcome_is_resolved_by_asking_and_never_by_paying_again(PaymentStep step, TillOutcome expected)
    {
        await using var world = await World.StartAsync();
        await using var till = world.NewTill();
        await till.SellAsync(700, CancellationToken.None, Bench.Bound);
        world.Terminal.Faults.CutPowerAt(step);

        var paying = till.SellAsync(1000, CancellationToken.None, Bench.Bound);
        await Eventually.TrueAsync(() => !world.Terminal.IsPowered, "the power goes");
        await world.Terminal.PowerOnAsync(Bench.Bound);
        var payment = await paying;

        Assert.That(payment.Outcome, Is.EqualTo(expected), payment.Reason);
        Assert.That(till.Books.Approved, Is.EqualTo(world.Terminal.Totals));
        await Eventually.TrueAsync(() => world.Host.OpenTotals(Tid) == till.Books.Approved, "the host agrees");
    }

    [Test]
    public async Task Payment_stays_unknown_until_the_terminal_can_be_asked()
    {
        await using var world = await World.StartAsync();
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var books = folder.File("books.jsonl");
        await using (var till = world.NewTill(o => o with { BooksFile = books }))
        {
            await till.SellAsync(700, CancellationToken.None, Bench.Bound);
            world.Terminal.Faults.CutPowerAt(PaymentStep.Final);
            var paying = till.SellAsync(1000, stop.Token, Bench.Bound);
            await Eventually.TrueAsync(() => till.Books.Count(TillOutcome.Unknown) == 1 && !world.Terminal.IsPowered, "the outcome is lost");
            await stop.CancelAsync();
            Assert.That((await paying).Outcome, Is.EqualTo(TillOutcome.Unknown));
        }

        await world.Terminal.PowerOnAsync(Bench.Bound);
        await using var again = world.NewTill(o => o with { BooksFile = books });
        Assert.That(await again.ResolveAsync(CancellationToken.None, Bench.Bound), Is.True);

        Assert.That(again.Books.Approved, Is.EqualTo(new Counter(2, 1700)));
    }

    [Test]
    public async Task Locked_terminal_declines_with_its_lock()
    {
        await using var world = await World.StartAsync();
        world.Terminal.Change(static m => m with { Lock = TerminalLock.ActivationRequired });
        await using var till = world.NewTill();

        var payment = await till.SellAsync(100, CancellationToken.None, Bench.Bound);

        Assert.That((payment.Outcome, payment.Reason), Is.EqualTo((TillOutcome.Declined, "06 1E E4")));
    }

    [Test]
    public async Task Till_waits_for_an_agent_that_is_not_there_and_stops_when_told()
    {
        using var stop = new CancellationTokenSource();
        await using var till = new SimulatedTill(new TillOptions { Name = "lane1", Port = 1, RetryPause = TimeSpan.FromMilliseconds(1) });

        var running = till.RunAsync(stop.Token, Bench.Bound);
        await stop.CancelAsync();
        await running.WaitAsync(Bench.Bound);

        Assert.That(till.Books.Payments, Is.Empty);
    }

    [Test]
    public async Task Events_are_lines_of_json()
    {
        var lines = new List<string>();
        await using var world = await World.StartAsync();
        await using var till = world.NewTill(o => o with { Count = 1, Observer = e => lines.Add(e.ToJson()) });

        await till.RunAsync(CancellationToken.None, Bench.Bound);

        Assert.That(lines, Has.Count.EqualTo(1));
        Assert.That(lines[0], Does.StartWith("{\"time\":\"").And.Contain("\"event\":\"payment\"").And.Contain("\"outcome\":\"approved\""));
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public AcquirerHost Host { get; } = new(null, new HostRules(), TimeProvider.System);

        public SimulatedTerminalHost Terminal { get; private set; } = null!;

        public static async Task<World> StartAsync()
        {
            var world = new World();
            world.Terminal = await SimulatedTerminalHost.StartAsync(
                new TerminalOptions
                {
                    Tid = Tid,
                    Host = world.Host,
                    StateFile = world._folder.File("terminal.json"),
                    Line = new TerminalLineOptions { TcpPort = 0 },
                    CustomerDelay = TimeSpan.Zero,
                    Timers = Quick,
                },
                Bench.Bound);
            return world;
        }

        public SimulatedTill NewTill(Func<TillOptions, TillOptions>? change = null)
        {
            var options = new TillOptions
            {
                Name = "lane1",
                Port = int.Parse(Terminal.LineName.Split(':')[1]),
                Pace = TimeSpan.Zero,
                RetryPause = TimeSpan.FromMilliseconds(50),
                Timers = Quick,
            };
            return new SimulatedTill(change?.Invoke(options) ?? options);
        }

        public async ValueTask DisposeAsync()
        {
            await Terminal.DisposeAsync();
            Host.Dispose();
            _folder.Dispose();
        }
    }
}
