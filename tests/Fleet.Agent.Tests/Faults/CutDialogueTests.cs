using System.Net;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts.Link.V1;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Counter = Fleet.Simulator.Books.Counter;

namespace Fleet.Agent.Tests.Faults;

/// <summary>
/// The line between the agent and a terminal with books of its own is cut at every byte that the agent says in a dialogue, and at every byte
/// that the terminal says. A first run without a cut counts the bytes.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class CutDialogueTests
{
    // The terminal's storage for payments is full at some hundreds.
    private const int PaymentsOfADay = 300;

    private static readonly Dictionary<string, Func<LaneWorld, CancellationToken, Task>> Acts = new(StringComparer.Ordinal)
    {
        ["sale"] = static (lane, stop) => lane.Till.SellAsync(1234, stop, CancellationToken.None),
        ["refund"] = static (lane, stop) => lane.Till.RefundAsync(300, stop, CancellationToken.None),
        ["reversal"] = static (lane, stop) => lane.Till.ReverseAsync(lane.Till.Books.Payments[^1], stop, CancellationToken.None),
        ["end-of-day"] = static (lane, stop) => lane.Till.EndOfDayAsync(stop, CancellationToken.None),
    };

    private static IEnumerable<TestCaseData> Cuts => Acts.Keys.SelectMany(static act => new[]
    {
        new TestCaseData(act, CableEnd.Agent),
        new TestCaseData(act, CableEnd.Far),
    });

    [TestCaseSource(nameof(Cuts))]
    [CancelAfter(240_000)]
    public async Task Line_cut_inside_a_dialogue_leaves_all_books_equal(string act, CableEnd end, CancellationToken cancellationToken)
    {
        LaneWorld? world = null;
        await using var cable = new CuttingCable(() => IPEndPoint.Parse(world!.Terminal.LineName));
        await using var lane = await LaneWorld.StartAsync(l =>
        {
            world = l;
            l.TerminalSettings.Address = cable.Address;
            l.TerminalSettings.PollInterval = TimeSpan.Zero;
            l.Differs = static device => device with { Line = new TerminalLineOptions { TcpPort = 0 } };
        });

        // What a till's first registration says is said once.
        await lane.SellAsync(500);
        var before = cable.Passed(end);
        await Acts[act](lane, cancellationToken);
        await lane.ReadyAsync();
        var bytes = cable.Passed(end) - before;
        Assert.That(bytes, Is.GreaterThan(15), "a dialogue has that many bytes");

        for (var at = 0; at < bytes; at++)
        {
            await DieAtAsync(lane, cable, act, (end, at), cancellationToken);
        }

        TestContext.Out.WriteLine($"{act}: {bytes} bytes of the {end}, cut at each; {lane.Journal.Entries.Count(static e => e.Intent is not null)} payments");
    }

    private static async Task DieAtAsync(LaneWorld lane, CuttingCable cable, string act, (CableEnd End, int At) cut, CancellationToken cancellationToken)
    {
        if (lane.Agent!.Capture.Snapshot.Batch.Of("EUR").Count >= PaymentsOfADay)
        {
            await lane.Till.EndOfDayAsync(cancellationToken, CancellationToken.None);
            await lane.ReadyAsync();
        }

        var where = $"{act}, cut after {cut.At} bytes of the {cut.End}";
        await Eventually.TrueAsync(async () => (await lane.SellAsync(500)).Outcome == TillOutcome.Approved, "a sale before: " + where);
        await lane.ReadyAsync();
        var intents = lane.Journal.Entries.Count(static e => e.Intent is not null);
        cable.CutAfter(cut.End, cut.At);
        await Acts[act](lane, cancellationToken);
        await lane.ReadyAsync();
        cable.Disarm();
        await Eventually.TrueAsync(() => lane.Till.ResolveAsync(cancellationToken, cancellationToken), "the till knows every outcome: " + where);
        AssertBooks(lane, where);
        Assert.That(lane.Journal.Entries.Count(static e => e.Intent is not null) - intents, Is.LessThanOrEqualTo(1), "nothing is sent twice: " + where);
    }

    private static void AssertBooks(LaneWorld lane, string where)
    {
        var open = lane.Agent!.Capture.Snapshot.Batch.Of("EUR");
        var journal = new Counter((int)open.Count, open.SumMinor);
        var acquirer = lane.Host.ClosedBatches(LaneWorld.Tid).Aggregate(lane.Host.OpenTotals(LaneWorld.Tid), static (sum, batch) => sum.Plus(batch.Host));
        var entries = lane.Journal.Entries;
        var unknown = entries.Where(static e => e.Transaction is not null).GroupBy(static e => e.Transaction.TransactionId).Count(static g => g.Last().Transaction.Outcome == TransactionOutcome.Unknown);
        Assert.Multiple(() =>
        {
            Assert.That(journal, Is.EqualTo(lane.Terminal.Totals), where + ": journal and terminal");
            Assert.That(lane.Host.OpenTotals(LaneWorld.Tid), Is.EqualTo(lane.Terminal.Totals), where + ": acquirer and terminal");
            Assert.That(lane.Till.Books.Approved, Is.EqualTo(acquirer), where + ": till and acquirer");
            Assert.That(unknown, Is.Zero, where + ": nothing is left unknown");
            foreach (var settlement in entries.Where(static e => e.Settlement is not null).Select(static e => e.Settlement))
            {
                Assert.That(settlement.Terminal, Is.EqualTo(settlement.Journal), where + ": settlement");
            }
        });
    }
}
