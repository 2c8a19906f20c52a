using System.Globalization;
using System.Text.Json;
using Fleet.Simulator.Tills;
using Spectre.Console;

namespace Fleet.Simulator.Demo;

/// <summary>
/// The story the demonstration tells, from an empty folder to three lanes whose books agree. Every step is made by the product's own
/// programs; every claim is checked, and the first one that does not hold ends it.
/// </summary>
/// <param name="world">Where it plays.</param>
/// <param name="screen">What the spectator sees.</param>
public sealed class DemoScript(World world, DemoScreen screen)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan KillLook = TimeSpan.FromMilliseconds(1);

    private readonly Random _amounts = new(20);

    /// <summary>Plays it; true when all books agree at the end.</summary>
    public async Task<bool> PlayAsync(CancellationToken cancellationToken)
    {
        screen.Chapter("A server, three lanes");
        screen.Line($"server runs: operators {world.Server.Operators}, agents on port {world.Server.AgentsPort}");
        await world.SetUpLanesAsync(3, cancellationToken);
        foreach (var lane in world.Lanes)
        {
            screen.Line($"{lane.Name}: terminal {lane.Tid} on {lane.Terminal.LineName}, till on port {lane.Agent.TillPort}");
        }

        screen.Chapter("Sales");
        await SellEverywhereAsync(6, cancellationToken);
        await WaitForLedgerAsync(cancellationToken);

        await OfflineChapterAsync(cancellationToken);
        await PowerChapterAsync(cancellationToken);
        await DisableChapterAsync(cancellationToken);
        await ClosingChapterAsync(world.Lanes[0], "settle-and-lock", "Settle and lock lane1", "moved to another store", cancellationToken);
        await ClosingChapterAsync(world.Lanes[2], "retire", "Retire lane3", "end of life", cancellationToken);
        return await ReckonAsync(cancellationToken);
    }

    private async Task OfflineChapterAsync(CancellationToken cancellationToken)
    {
        screen.Chapter("The server goes away, sales go on");
        await world.Server.StopAsync();
        screen.Line("server stopped");
        await SellEverywhereAsync(4, cancellationToken);
        foreach (var lane in world.Lanes)
        {
            var unsent = Unsent(lane, cancellationToken);
            screen.Line($"{lane.Name}: {unsent} journal entries wait on the agent's disk");
            Expect(unsent > 0, $"{lane.Name} was to hold entries while the server is away");
        }

        await world.Server.StartAsync(cancellationToken);
        screen.Line("server is back");
        await WaitForLedgerAsync(cancellationToken);
    }

    private async Task PowerChapterAsync(CancellationToken cancellationToken)
    {
        var lane = world.Lanes[1];
        screen.Chapter($"The power goes on {lane.Name}, in the middle of a sale");
        var tid = lane.Tid;
        var before = world.Acquirer.OpenTotals(tid);
        var sale = lane.Till.SellAsync(NextAmount(), cancellationToken, cancellationToken);
        await UntilAsync(() => Task.FromResult(world.Acquirer.OpenTotals(tid) != before), "the acquirer to approve the sale", KillLook, cancellationToken);
        await lane.Agent.KillAsync();
        screen.Line("the acquirer has approved, the till has heard nothing: agent killed (SIGKILL)");
        await lane.Agent.StartAsync(cancellationToken);
        var payment = await sale;
        screen.Line("agent is back; the terminal was asked, the sale was not sent again");
        await UntilAsync(async () => await lane.Till.ResolveAsync(cancellationToken, cancellationToken), "the till to learn the outcome", Look, cancellationToken);
        payment = lane.Till.Books.Payments[payment.Number - 1];
        screen.Line($"the till knows: {payment.Outcome.ToString().ToLowerInvariant()} {Books.Amounts.Text(payment.Amount)} ({payment.Reason})");
        await SellAsync(lane, 1, cancellationToken);
        await WaitForLedgerAsync(cancellationToken);
    }

    private async Task DisableChapterAsync(CancellationToken cancellationToken)
    {
        var lane = world.Lanes[1];
        screen.Chapter($"Disable {lane.Name}");
        var command = await CommandAsync(lane, "disable", "cashier on holiday", cancellationToken);
        screen.Line($"{Text(command, "state")}, enforced by {Text(command, "enforcement")}");
        var refused = await lane.Till.SellAsync(NextAmount(), cancellationToken, cancellationToken);
        screen.Line($"the till tries to sell: {refused.Outcome.ToString().ToLowerInvariant()} ({refused.Reason})");
        Expect(refused.Outcome == TillOutcome.Declined, "a disabled terminal was to refuse the sale");
    }

    private async Task ClosingChapterAsync(Lane lane, string kind, string title, string reason, CancellationToken cancellationToken)
    {
        screen.Chapter(title);
        var command = await CommandAsync(lane, kind, reason, cancellationToken);
        var counters = command.GetProperty("counters");
        foreach (var name in new[] { "terminal", "journal", "ledger", "acquirer" })
        {
            screen.Line($"{name,-8} {CounterText(counters.GetProperty(name))}");
        }

        var proof = Path.Combine(world.Folder, $"{lane.Name}.proof");
        await world.Posctl.RunAsync(cancellationToken, "proof", "get", Text(command, "name"), "--out", proof);
        await world.Posctl.RunAsync(cancellationToken, "proof", "verify", proof, "--server-key");
        screen.Line($"{Text(command, "state")}; closing proof verified");
        var refused = await lane.Till.SellAsync(NextAmount(), cancellationToken, cancellationToken);
        Expect(refused.Outcome == TillOutcome.Declined, $"{lane.Name} was to refuse the sale");
        var terminal = await world.Posctl.RunAsync(cancellationToken, "terminals", "get", lane.Name);
        screen.Line($"{lane.Name} is {Text(terminal, "state")}; the till is refused ({refused.Reason})");
    }

    private async Task<bool> ReckonAsync(CancellationToken cancellationToken)
    {
        screen.Chapter("All books");
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in new[] { "lane", "till", "terminal", "journal", "ledger", "acquirer", "agree" })
        {
            table.AddColumn(new TableColumn(column) { Alignment = column is "lane" or "agree" ? Justify.Left : Justify.Right, NoWrap = true, Padding = new Padding(1, 0) });
        }

        var agree = true;
        foreach (var lane in world.Lanes)
        {
            var r = await Reckoning.OfAsync(world, lane, cancellationToken);
            agree &= r.Agrees;
            table.AddRow(r.Lane, $"{r.Till}", $"{r.Terminal}", $"{r.Journal}", $"{r.Ledger}", $"{r.Acquirer}", r.Agrees ? "yes" : r.Unknown > 0 ? $"NO, {r.Unknown} unknown" : "NO");
        }

        screen.Show(table);
        screen.Line(agree
            ? "all books agree to the cent"
            : "THE BOOKS DIFFER: keep the folder with --keep and look at the journals");
        return agree;
    }

    private async Task SellEverywhereAsync(int sales, CancellationToken cancellationToken) =>
        await Task.WhenAll(world.Lanes.Select(lane => SellAsync(lane, sales, cancellationToken)));

    private async Task SellAsync(Lane lane, int sales, CancellationToken cancellationToken)
    {
        var before = lane.Till.Books.Approved;
        for (var i = 1; i <= sales; i++)
        {
            var payment = await lane.Till.SellAsync(NextAmount(), cancellationToken, cancellationToken);
            screen.Progress($"{lane.Name}: sale {i} of {sales}, {Books.Amounts.Text(payment.Amount)} {payment.Outcome.ToString().ToLowerInvariant()}");
        }

        var after = lane.Till.Books.Approved;
        screen.Line($"{lane.Name}: {after.Count - before.Count} sale{(after.Count - before.Count == 1 ? string.Empty : "s")}, {Books.Amounts.Text(after.Sum - before.Sum)} EUR");
    }

    private async Task WaitForLedgerAsync(CancellationToken cancellationToken)
    {
        foreach (var lane in world.Lanes)
        {
            await UntilAsync(
                () => Task.FromResult(Unsent(lane, cancellationToken) == 0), $"the server to hold everything of {lane.Name}", Look, cancellationToken);
        }

        screen.Line("the server holds every entry of every lane");
    }

    private async Task<JsonElement> CommandAsync(Lane lane, string kind, string reason, CancellationToken cancellationToken)
    {
        screen.Progress($"{kind} {lane.Name} …");
        var command = await world.Posctl.RunAsync(
            cancellationToken, "commands", "create", kind, "--terminal", lane.Name, "--reason", reason, "--wait");
        Expect(Text(command, "state") == "SUCCEEDED", $"{kind} was to succeed, but is {command}");
        return command;
    }

    private static ulong Unsent(Lane lane, CancellationToken cancellationToken)
    {
        var journal = lane.Agent.Journal(cancellationToken);
        return journal.LastSequence - journal.AcknowledgedThrough;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan look, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
            {
                throw new DemoFailedException(string.Create(CultureInfo.InvariantCulture, $"Waited {Patience.TotalSeconds:0} s for {what}."));
            }

            await Task.Delay(look, TimeProvider.System, cancellationToken);
        }
    }

    private long NextAmount()
    {
        lock (_amounts)
        {
            return _amounts.Next(199, 9_999);
        }
    }

    private static string CounterText(JsonElement counter)
    {
        var count = counter.TryGetProperty("count", out var c) ? c.GetInt32() : 0;
        var sum = counter.TryGetProperty("sum", out var s) && s.TryGetProperty("minorUnits", out var u) ? long.Parse(u.GetString()!, CultureInfo.InvariantCulture) : 0;
        return new Books.Counter(count, sum).ToString();
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? string.Empty : string.Empty;

    private static void Expect(bool holds, string what)
    {
        if (!holds)
        {
            throw new DemoFailedException($"Expected: {what}.");
        }
    }
}
