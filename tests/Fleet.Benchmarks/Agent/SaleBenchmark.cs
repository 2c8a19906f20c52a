using System.Diagnostics;
using System.Globalization;
using Fleet.Agent.Journal;
using Fleet.Benchmarks.Journal;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;
using Fleet.Zvt;

namespace Fleet.Benchmarks.Agent;

/// <summary>
/// What the agent adds to a sale: till, agent and terminal against till and terminal alone, sale by sale in turn, less two durable
/// writes to the same disk. Once with a till that composes its receipts, once with every line of both receipts passing through.
/// </summary>
internal sealed class SaleBenchmark : IRatioBenchmark
{
    private const int SalesPerRound = 60;
    private const int WarmUp = 20;

    // What a sale runs through is compiled a second time during the first hundreds; an agent in a shop has long done so.
    private const int SettledAfter = 600;

    // A card group of a batch ends at 255 records.
    private const int SalesPerBatch = 200;

    public string Name => "sale";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        return
        [
            .. await RunAsync(host, "till composes receipts", ConfigByte.AgentDefault & ~ConfigByte.ReadyMadeReceipts, rounds, cancellationToken),
            .. await RunAsync(host, "24 receipt lines", ConfigByte.AgentDefault, rounds, cancellationToken),
        ];
    }

    private static async Task<RatioResult[]> RunAsync(AcquirerHost host, string kind, ConfigByte config, int rounds, CancellationToken cancellationToken)
    {
        await using var bareTerminal = await TerminalAsync(host, "29000001", cancellationToken);
        await using var terminal = await TerminalAsync(host, "29000002", cancellationToken);
        await using var agent = await AgentUnderTest.StartAsync($"tcp://{PortOf(terminal)}", cancellationToken);
        await agent.ReadyAsync(cancellationToken);
        await using var bareTill = new SimulatedTill(new TillOptions { Name = "bare", Config = config, Port = PortNumber(bareTerminal) });
        await using var till = new SimulatedTill(new TillOptions { Name = "agent", Config = config, Port = agent.TillPort });
        await using var writes = new BenchmarkJournal();
        var (bare, through, write) = (new List<double>(), new List<double>(), new List<double>());
        var sales = rounds * SalesPerRound;
        var settled = Math.Max(WarmUp + sales, SettledAfter);
        for (var i = 0; i < settled + sales; i++)
        {
            if (i % SalesPerBatch == SalesPerBatch - 1)
            {
                await bareTill.EndOfDayAsync(cancellationToken, cancellationToken);
                await till.EndOfDayAsync(cancellationToken, cancellationToken);
            }

            var direct = await SellAsync(bareTill, cancellationToken);
            var ours = await SellAsync(till, cancellationToken);
            var durable = await WriteAsync(writes.Journal, cancellationToken);
            if (i >= WarmUp)
            {
                bare.Add(direct);
                through.Add(ours);
                write.Add(durable);
            }
        }

        return
        [
            Row("first sales", "p50", ..sales, 0.50, "<= 1 ms"), Row("first sales", "p99", ..sales, 0.99, "<= 3 ms"),
            Row($"after {settled}", "p50", ^sales.., 0.50, "<= 1 ms"), Row($"after {settled}", "p99", ^sales.., 0.99, "<= 3 ms"),
        ];

        RatioResult Row(string when, string name, Range range, double quantile, string goal)
        {
            var (ours, limit) = (Quantile(through[range], quantile), Quantile(bare[range], quantile) + Quantile(write[range], quantile));
            return new RatioResult($"sale, {kind}, {when}, {name}; added ms", ours, "bare line + 2 durable writes", limit, ours - limit, "ms", goal);
        }
    }

    private static async Task<double> SellAsync(SimulatedTill till, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var payment = await till.SellAsync(1234, cancellationToken, cancellationToken);
        var elapsed = watch.Elapsed.TotalMilliseconds;
        return payment.Outcome == TillOutcome.Approved ? elapsed : throw new InvalidOperationException($"A sale ended with {payment.Outcome} {payment.Reason}.");
    }

    private static async Task<double> WriteAsync(SqliteJournal journal, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await journal.AppendAsync(JournalWrite.Of(BenchmarkJournal.Sale(1)), cancellationToken);
        await journal.AppendAsync(JournalWrite.Of(BenchmarkJournal.Sale(2)), cancellationToken);
        return watch.Elapsed.TotalMilliseconds;
    }

    private static Task<SimulatedTerminalHost> TerminalAsync(AcquirerHost host, string tid, CancellationToken cancellationToken) => SimulatedTerminalHost.StartAsync(
        new TerminalOptions { Tid = tid, Host = host, Line = new TerminalLineOptions { TcpPort = 0 }, CustomerDelay = TimeSpan.Zero }, cancellationToken);

    private static string PortOf(SimulatedTerminalHost terminal) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{PortNumber(terminal)}");

    private static int PortNumber(SimulatedTerminalHost terminal) => int.Parse(terminal.LineName.AsSpan(terminal.LineName.LastIndexOf(':') + 1), NumberStyles.None, CultureInfo.InvariantCulture);

    private static double Quantile(List<double> values, double quantile) => values.Order().ElementAt((int)(quantile * (values.Count - 1)));
}
