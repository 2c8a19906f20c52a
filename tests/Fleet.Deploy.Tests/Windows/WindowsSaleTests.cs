using System.Text.Json;
using Fleet.Simulator.Tills;
using Fleet.Testing;

namespace Fleet.Deploy.Tests.Windows;

/// <summary>The Windows build of the agent between a till on TCP and a terminal on a COM port.</summary>
[TestFixture]
[Platform("Linux")]
internal sealed class WindowsSaleTests
{
    [Test]
    [CancelAfter(300_000)]
    public async Task Agent_on_a_com_port_makes_sales_survives_a_pulled_cable_and_a_kill_and_has_every_cent(CancellationToken cancellationToken)
    {
        await using var lane = await WindowsLane.StartAsync("COM5", TimeSpan.FromMilliseconds(20), cancellationToken);
        var approved = 0L;

        await using (var agent = await WindowsAgent.StartAsync(lane.Wine, lane.Program, lane.Data, "COM5"))
        {
            await using var till = new SimulatedTill(new TillOptions { Name = "till", Port = agent.TillPort });
            approved += await SellAsync(till, 1_234, cancellationToken);
            await lane.Terminal.UnplugAsync();
            await Eventually.TrueAsync(() => agent.Log.Contains("Line CableOut", StringComparison.Ordinal), "the agent misses the terminal");
            lane.Terminal.Replug();
            approved += await SellAsync(till, 4_321, cancellationToken);

            var status = await lane.RunAsync(cancellationToken, "status", "--data", lane.WindowsData);
            Assert.That(status.Succeeded(), Does.Contain("serial://COM5").And.Contain("ready"), "a technician can ask it");
        }

        await using (var again = await WindowsAgent.StartAsync(lane.Wine, lane.Program, lane.Data, "COM5"))
        {
            await using var till = new SimulatedTill(new TillOptions { Name = "till", Port = again.TillPort });
            approved += await SellAsync(till, 100, cancellationToken);
        }

        using var summary = JsonDocument.Parse(await lane.JournalAsync(cancellationToken));
        Assert.That(lane.Terminal.Totals.Sum, Is.EqualTo(approved).And.EqualTo(5_655));
        Assert.That(summary.RootElement.ToString(), Does.Contain("5655"), "the journal has the sum of the terminal");
    }

    private static async Task<long> SellAsync(SimulatedTill till, long amount, CancellationToken cancellationToken)
    {
        TillPayment? payment = null;
        await Eventually.TrueAsync(
            async () =>
            {
                payment = await till.SellAsync(amount, cancellationToken, cancellationToken);
                return payment.Outcome == TillOutcome.Approved;
            },
            $"a sale of {amount}");
        return payment!.Amount;
    }
}
