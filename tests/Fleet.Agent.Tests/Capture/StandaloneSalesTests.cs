using Fleet.Agent.Capture;
using Fleet.Agent.Tests.Till;
using Fleet.Contracts;
using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Tests.Capture;

[TestFixture]
[Parallelizable(ParallelScope.All)]
internal sealed class StandaloneSalesTests
{
    [TestCase(3u, 500L, 2u, 300L, 0, true)]
    [TestCase(3u, 500L, 2u, 300L, 1, false, Description = "it may be the one that is still open")]
    [TestCase(2u, 300L, 2u, 300L, 0, false)]
    [TestCase(1u, 100L, 2u, 300L, 0, false, Description = "fewer is another matter")]
    public void Records_beyond_the_journal_and_its_open_payments_are_alarmed(uint terminal, long terminalSum, uint journal, long journalSum, int open, bool alarmed)
    {
        var settlement = new Settlement { Terminal = Counter(terminal, terminalSum), Journal = Counter(journal, journalSum) };
        settlement.UnknownTransactionIds.Add(Enumerable.Range(0, open).Select(static i => $"t{i}"));
        var alarm = StandaloneSales.Find(settlement, seesWholeBatch: true)?.Alarm;

        Assert.That(alarm?.Code, Is.EqualTo(alarmed ? ReasonCodes.StandaloneSales : null));
        Assert.That(alarm?.Detail ?? "1 records of 2.00 EUR", Does.Contain("1 records of 2.00 EUR"));
    }

    [Test]
    public void Terminal_without_counted_totals_says_nothing() => Assert.That(StandaloneSales.Find(new Settlement { Journal = Counter(0, 0) }, seesWholeBatch: true), Is.Null);

    /// <summary>A terminal whose registration keeps nobody from it.</summary>
    [Test]
    public async Task Sale_at_the_terminal_itself_is_found_at_the_next_totals()
    {
        await using var lane = await LaneWorld.StartAsync(static l => (l.Vendor, l.TerminalSettings.Profile) = (Zvt.VendorProfiles.IngenicoA32, "ingenico-a32"));
        await lane.SellAsync(1234);
        await lane.SettleDownAsync();
        Assert.That(await lane.Terminal.SellAtDeviceAsync(777, CancellationToken.None), Is.Null);
        await using (var till = await lane.ConnectAsync())
        {
            await till.SendAsync("06 50 03 00 00 00");
            await till.FollowUntilGoneAsync();
        }

        await lane.ReadyAsync();
        var alarm = lane.Journal.Entries.Select(static e => e.Alarm).OfType<Alarm>().Single();
        Assert.That((alarm.Code, alarm.Severity), Is.EqualTo((ReasonCodes.StandaloneSales, Alarm.Types.Severity.Warning)));
        Assert.That(alarm.Detail, Is.EqualTo("the terminal closed 1 records of 7.77 EUR together that no till of this agent asked for, or that were there before this agent"));
    }

    private static Counter Counter(uint count, long sum) => new() { Count = count, Sum = new Money { MinorUnits = sum, Currency = "EUR" } };
}
