using System.Globalization;
using System.Text.Json;
using Fleet.Simulator.Books;
using Fleet.Simulator.Tills;

namespace Fleet.Simulator.Demo;

/// <summary>What five independent books say about one lane: everything that was approved since it was set up.</summary>
/// <param name="Lane">Terminal id.</param>
/// <param name="Till">What the till believes to have been paid.</param>
/// <param name="Terminal">What the terminal booked, last closed batch and open one.</param>
/// <param name="Journal">What the agent's journal holds.</param>
/// <param name="Ledger">What the server's ledger holds.</param>
/// <param name="Acquirer">What the acquirer host booked.</param>
/// <param name="Unknown">Payments whose outcome somebody does not know: till, journal and ledger together.</param>
public sealed record Reckoning(string Lane, Counter Till, Counter Terminal, Counter Journal, Counter Ledger, Counter Acquirer, int Unknown)
{
    /// <summary>True when all agree to the cent and nothing is unknown.</summary>
    public bool Agrees => Unknown == 0 && Till == Terminal && Till == Journal && Till == Ledger && Till == Acquirer;

    /// <summary>Asks all five; the ledger through <c>posctl</c>.</summary>
    public static async Task<Reckoning> OfAsync(World world, Lane lane, CancellationToken cancellationToken)
    {
        var ledger = await world.Posctl.RunAsync(cancellationToken, "transactions", "summary", "--terminal", lane.Name);
        return Of(world, lane, ledger, cancellationToken);
    }

    /// <summary>Asks the other four; <paramref name="ledger"/> is a <c>SummarizeTransactionsResponse</c> in protobuf JSON.</summary>
    public static Reckoning Of(World world, Lane lane, JsonElement ledger, CancellationToken cancellationToken)
    {
        var journal = lane.Agent.Journal(cancellationToken);
        var tid = lane.Tid;
        var acquirer = world.Acquirer.ClosedBatches(tid).Aggregate(world.Acquirer.OpenTotals(tid), static (sum, batch) => sum.Plus(batch.Host));
        var terminal = (lane.Terminal.Memory.LastSettlement?.Totals ?? Counter.Zero).Plus(lane.Terminal.Totals);
        return new Reckoning(
            lane.Name,
            lane.Till.Books.Approved,
            terminal,
            journal.Approved.Aggregate(Counter.Zero, static (sum, c) => sum.Plus(new Counter(c.Count, c.Sum.MinorUnits))),
            Approved(ledger),
            acquirer,
            lane.Till.Books.Count(TillOutcome.Unknown) + journal.Unknown + journal.Pending + Number(ledger, "unknown") + Number(ledger, "pending"));
    }

    // fleet.v1.SummarizeTransactionsResponse in protobuf JSON, where 64-bit numbers are strings.
    private static Counter Approved(JsonElement summary)
    {
        if (!summary.TryGetProperty("approved", out var approved))
        {
            return Counter.Zero;
        }

        return approved.EnumerateArray().Aggregate(
            Counter.Zero,
            static (sum, counter) => sum.Plus(new Counter(
                Number(counter, "count"),
                counter.TryGetProperty("sum", out var money) && money.TryGetProperty("minorUnits", out var units) ? Long(units) : 0)));
    }

    private static int Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? checked((int)Long(value)) : 0;

    private static long Long(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? long.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetInt64();
}
