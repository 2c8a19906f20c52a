using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Fleet.Cli.Connection;
using Fleet.Simulator.Demo;
using Fleet.Simulator.Tills;
using Fleet.Testing;
using Fleet.V1;
using Fleet.Zvt;
using Google.Protobuf;

namespace Fleet.EndToEnd.Tests;

/// <summary>A shop of real processes for one test: server, agents, terminals on pseudo terminals, tills, an operator's connection.</summary>
internal sealed class Shop : IAsyncDisposable
{
    // A terminal that lost its agent in the middle of a dialogue waits for T2 and T3 before it answers again: with the default
    // timers most of a run with a hundred crashes would be that waiting. The till makes few
    // sales at a time, however quick the machine is: a card group of a batch is full at 254 records, after which every sale is
    // refused (06 1E 6A), and nobody settles here.
    private static readonly WorldPace Quick = new(
        TimeSpan.FromMilliseconds(20),
        TimeSpan.FromMilliseconds(60),
        ZvtTimers.Default with { T2 = TimeSpan.FromMilliseconds(400), T3 = TimeSpan.FromSeconds(1), Goods = TimeSpan.FromSeconds(2) },
        TillCount: 5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _folder;
    private readonly Session _session;

    private Shop(TemporaryFolder folder, World world, Session session)
    {
        _folder = folder;
        World = world;
        _session = session;
    }

    public World World { get; }

    public Lane Lane => World.Lanes[0];

    public Terminals.TerminalsClient Terminals => _session.Terminals;

    public Commands.CommandsClient Commands => _session.Commands;

    public Transactions.TransactionsClient Transactions => _session.Transactions;

    public static async Task<Shop> OpenAsync(int lanes, CancellationToken cancellationToken, string? agent = null)
    {
        var folder = new TemporaryFolder();
        var world = await World.StartAsync(folder.Path, Quick, agent, cancellationToken);
        try
        {
            await world.SetUpLanesAsync(lanes, cancellationToken);
            return new Shop(folder, world, Session.Open(AddressOf(world.Server)));
        }
        catch
        {
            await world.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Holds once every entry is on the server and all five books are equal.</summary>
    public async Task AgreeAsync(Lane lane, string when, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        var reckoning = await ReckonAsync(lane, cancellationToken);
        while (!reckoning.Agrees)
        {
            Assert.That(TimeProvider.System.GetElapsedTime(start), Is.LessThan(Eventually.Bound), $"the books differ {when}: {reckoning}");
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            reckoning = await ReckonAsync(lane, cancellationToken);
        }
    }

    /// <summary>
    /// One sale that goes through: a terminal that is still busy with itself is asked again. The outcome of the sale before is asked for
    /// first, because a terminal tells only of the last one.
    /// </summary>
    public static async Task SellAsync(Lane lane, CancellationToken cancellationToken)
    {
        await Eventually.TrueAsync(() => lane.Till.ResolveAsync(cancellationToken, cancellationToken), $"the till of {lane.Name} to know every outcome");
        var start = TimeProvider.System.GetTimestamp();
        var payment = await lane.Till.SellAsync(1_234, cancellationToken, cancellationToken);
        while (payment.Outcome != TillOutcome.Approved)
        {
            Assert.That(
                TimeProvider.System.GetElapsedTime(start), Is.LessThan(Eventually.Bound), $"no sale goes through on {lane.Name}; approved so far {lane.Till.Books.Approved}; the last: {payment}");
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            payment = await lane.Till.SellAsync(1_234, cancellationToken, cancellationToken);
        }
    }

    private async Task<Reckoning> ReckonAsync(Lane lane, CancellationToken cancellationToken)
    {
        var summary = await Transactions.SummarizeTransactionsAsync(
            new SummarizeTransactionsRequest { Parent = $"terminals/{lane.Name}" }, cancellationToken: cancellationToken);
        using var ledger = JsonDocument.Parse(JsonFormatter.Default.Format(summary));
        return Reckoning.Of(World, lane, ledger.RootElement, cancellationToken);
    }

    private static ServerAddress AddressOf(ServerProcess server) => new(
        server.Operators,
        File.ReadAllText(Path.Combine(server.DataFolder, "operator.token")).Trim(),
        X509CertificateLoader.LoadCertificateFromFile(Path.Combine(server.DataFolder, "ca.pem")));

    public async ValueTask DisposeAsync()
    {
        _session.Dispose();
        await World.DisposeAsync();
        _folder.Dispose();
    }
}
