using Fleet.Simulator.Books;
using Fleet.Simulator.Host;
using Fleet.Testing;

namespace Fleet.Simulator.Tests.Host;

public sealed class AcquirerHostTests
{
    private const string Tid = "29001234";

    [Test]
    public async Task Same_trace_number_asked_twice_is_booked_once()
    {
        using var host = NewHost();

        var first = await AskAsync(host, 1, 500);
        var again = await AskAsync(host, 1, 500);
        var other = await AskAsync(host, 1, 600);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(other.Outcome, Is.EqualTo(HostOutcome.Declined));
        Assert.That(host.OpenTotals(Tid), Is.EqualTo(new Counter(1, 500)));
    }

    [Test]
    public async Task Void_takes_a_booking_back_and_may_be_repeated()
    {
        using var host = NewHost();
        await AskAsync(host, 1, 500);

        Assert.That(await host.VoidAsync(Tid, 1, default), Is.True);
        Assert.That(await host.VoidAsync(Tid, 1, default), Is.True);

        Assert.That(host.OpenTotals(Tid), Is.EqualTo(Counter.Zero));
    }

    [Test]
    public async Task Difference_at_end_of_day_is_on_record_with_both_counters()
    {
        using var host = NewHost();
        await AskAsync(host, 1, 500);

        var answer = await host.SettleAsync(new SettlementRequest(Tid, 2, new Counter(2, 900)), default);

        Assert.That(answer, Is.EqualTo(new SettlementAnswer(SettlementOutcome.Unbalanced, new Counter(1, 500))));
        Assert.That(host.ClosedBatch(Tid, 2), Is.EqualTo(new ClosedBatch(Tid, 1, 2, new Counter(1, 500), new Counter(2, 900))));
    }

    [Test]
    public async Task End_of_day_asked_twice_closes_once()
    {
        using var host = NewHost();
        await AskAsync(host, 1, 500);
        var request = new SettlementRequest(Tid, 2, new Counter(1, 500));

        var first = await host.SettleAsync(request, default);
        await AskAsync(host, 3, 700);
        var again = await host.SettleAsync(request, default);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(host.ClosedBatches(Tid), Has.Count.EqualTo(1));
        Assert.That(host.OpenTotals(Tid), Is.EqualTo(new Counter(1, 700)));
    }

    [Test]
    public async Task Host_that_is_down_answers_nothing_and_books_nothing()
    {
        using var host = NewHost(new HostRules { Down = true });

        Assert.That((await AskAsync(host, 1, 500)).Outcome, Is.EqualTo(HostOutcome.Unreachable));
        Assert.That((await host.SettleAsync(new SettlementRequest(Tid, 2, Counter.Zero), default)).Outcome, Is.EqualTo(SettlementOutcome.Unreachable));
        Assert.That(await host.VoidAsync(Tid, 1, default), Is.False);
        Assert.That(await host.ContactAsync(Tid, default), Is.False);
        Assert.That(host.Tids, Is.Empty);
    }

    [Test]
    public async Task Slow_host_answers_after_its_delay()
    {
        var clock = new TestClock();
        using var host = new AcquirerHost(null, new HostRules { Delay = TimeSpan.FromSeconds(3) }, clock);

        var asking = AskAsync(host, 1, 500);
        await clock.WaitForTimersAsync(1, default);
        clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.That(asking.IsCompleted, Is.False);
        clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.That((await asking).Outcome, Is.EqualTo(HostOutcome.Approved));
    }

    [Test]
    public async Task Reversal_needs_a_sale_of_the_same_amount_that_was_not_reversed()
    {
        using var host = NewHost();
        await AskAsync(host, 1, 500);

        var wrong = await host.AuthoriseAsync(new HostRequest(Tid, BookingKind.Reversal, 400, 2, 2, 1), default);
        var good = await host.AuthoriseAsync(new HostRequest(Tid, BookingKind.Reversal, 500, 3, 3, 1), default);
        var second = await host.AuthoriseAsync(new HostRequest(Tid, BookingKind.Reversal, 500, 4, 4, 1), default);

        Assert.That((wrong.Outcome, good.Outcome, second.Outcome), Is.EqualTo((HostOutcome.Declined, HostOutcome.Approved, HostOutcome.Declined)));
        Assert.That(host.OpenTotals(Tid), Is.EqualTo(new Counter(2, 0)));
    }

    [Test]
    public async Task Books_survive_a_restart_and_a_torn_last_line()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("books.jsonl");
        using (var host = new AcquirerHost(file, new HostRules(), TimeProvider.System))
        {
            await AskAsync(host, 1, 500);
            await host.SettleAsync(new SettlementRequest(Tid, 2, new Counter(1, 500)), default);
            await AskAsync(host, 3, 700);
        }

        await File.AppendAllTextAsync(file, "{\"op\":\"book\",\"tid\":\"2900");
        using (var host = new AcquirerHost(file, new HostRules(), TimeProvider.System))
        {
            Assert.That(host.OpenTotals(Tid), Is.EqualTo(new Counter(1, 700)));
            Assert.That(host.ClosedBatch(Tid, 2)!.Host, Is.EqualTo(new Counter(1, 500)));
            await AskAsync(host, 4, 1);
        }

        using var third = new AcquirerHost(file, new HostRules(), TimeProvider.System);
        Assert.That(third.OpenTotals(Tid), Is.EqualTo(new Counter(2, 701)));
    }

    [Test]
    public async Task Damaged_books_name_the_line()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("books.jsonl");
        using (var host = new AcquirerHost(file, new HostRules(), TimeProvider.System))
        {
            await AskAsync(host, 1, 500);
        }

        await File.WriteAllTextAsync(file, "rubbish\n" + await File.ReadAllTextAsync(file));

        Assert.That(() => new AcquirerHost(file, new HostRules(), TimeProvider.System), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 1"));
    }

    [Test]
    public async Task Share_of_declines_depends_on_seed_and_trace_number_alone()
    {
        var rules = new HostRules { DeclineShare = 0.3, Seed = 7 };
        using var one = NewHost(rules);
        using var two = NewHost(rules);
        var forwards = new Dictionary<int, HostOutcome>();
        foreach (var trace in Enumerable.Range(1, 400))
        {
            forwards[trace] = (await AskAsync(one, trace, 100)).Outcome;
        }

        foreach (var trace in Enumerable.Range(1, 400).Reverse())
        {
            Assert.That((await AskAsync(two, trace, 100)).Outcome, Is.EqualTo(forwards[trace]));
        }

        Assert.That(forwards.Values.Count(static o => o == HostOutcome.Declined), Is.InRange(80, 160));
    }

    [TestCase("1005", 1005, 1005, 5)]
    [TestCase("1005=33", 1005, 1005, 33)]
    [TestCase("5000-5999=51", 5000, 5999, 51)]
    public void Rule_is_read(string text, long from, long through, int code)
    {
        Assert.That(DeclineRule.TryParse(text, out var rule, out _), Is.True);
        Assert.That(rule, Is.EqualTo(new DeclineRule(from, through, (byte)code)));
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("10-5")]
    [TestCase("10=0")]
    [TestCase("10=100")]
    [TestCase("-5")]
    public void Wrong_rule_is_refused_with_a_reason(string text)
    {
        Assert.That(DeclineRule.TryParse(text, out _, out var error), Is.False);
        Assert.That(error, Does.Contain($"'{text}'"));
    }

    private static AcquirerHost NewHost(HostRules? rules = null) => new(null, rules ?? new HostRules(), TimeProvider.System);

    private static Task<HostAnswer> AskAsync(AcquirerHost host, int trace, long amount) =>
        host.AuthoriseAsync(new HostRequest(Tid, BookingKind.Sale, amount, trace, trace), default).AsTask();
}
