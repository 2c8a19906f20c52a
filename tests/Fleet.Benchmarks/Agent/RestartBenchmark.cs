using System.Diagnostics;
using System.Globalization;
using Fleet.Simulator.Host;
using Fleet.Simulator.Terminals;
using Fleet.Simulator.Tills;

namespace Fleet.Benchmarks.Agent;

/// <summary>How long a till is without its terminal while the agent is asked to stop and started again, between two sales.</summary>
internal sealed class RestartBenchmark : IRatioBenchmark
{
    private const int RestartsPerRound = 3;
    private const double Goal = 1000;

    public string Name => "restart";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        using var host = new AcquirerHost(null, new HostRules(), TimeProvider.System);
        await using var terminal = await SimulatedTerminalHost.StartAsync(
            new TerminalOptions { Tid = "29000003", Host = host, Line = new TerminalLineOptions { TcpPort = 0 }, CustomerDelay = TimeSpan.Zero }, cancellationToken);
        var port = terminal.LineName.AsSpan(terminal.LineName.LastIndexOf(':') + 1);
        await using var agent = await AgentUnderTest.StartAsync(string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{port}"), cancellationToken);
        await agent.ReadyAsync(cancellationToken);
        var (away, stopping) = (new List<double>(), new List<double>());
        for (var i = 0; i <= rounds * RestartsPerRound; i++)
        {
            await SellAsync(agent.TillPort, cancellationToken);
            var watch = Stopwatch.StartNew();
            await agent.RestartAsync(cancellationToken);
            var stopped = watch.Elapsed.TotalMilliseconds;
            await agent.ReadyAsync(cancellationToken);
            if (i > 0)
            {
                stopping.Add(stopped);
                away.Add(watch.Elapsed.TotalMilliseconds);
            }
        }

        var what = $"restart until a till is served, {away.Count} times";
        return
        [
            Row($"{what}, median", Interleaved.Median([.. away])), Row($"{what}, worst", away.Max()),
            Row("of that until it has stopped, median", Interleaved.Median([.. stopping])) with { Goal = "as seen" },
        ];
    }

    private static RatioResult Row(string what, double ours) => new(what, ours, "goal", Goal, ours / Goal, "ms", "<= 1");

    private static async Task SellAsync(int port, CancellationToken cancellationToken)
    {
        await using var till = new SimulatedTill(new TillOptions { Name = "till", Port = port });
        var payment = await till.SellAsync(1234, cancellationToken, cancellationToken);
        if (payment.Outcome != TillOutcome.Approved)
        {
            throw new InvalidOperationException($"A sale ended with {payment.Outcome} {payment.Reason}.");
        }
    }
}
