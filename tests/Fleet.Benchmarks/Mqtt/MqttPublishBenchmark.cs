using System.Diagnostics;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>QoS 1 publishes without a subscriber: what the broker itself costs.</summary>
internal sealed class MqttPublishBenchmark : IRatioBenchmark
{
    private const int Payload = 300;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private static readonly (int Connections, int Window, string Goal)[] Shapes = [(1, 1, "-"), (1, 256, ">= 8"), (100, 16, ">= 4"), (1000, 4, ">= 3")];

    public string Name => "mqtt";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!BrokerProcess.HasMosquitto)
        {
            Console.WriteLine("mqtt: skipped, mosquitto is not installed");
            return [];
        }

        using var ours = await BrokerProcess.StartOursAsync(cancellationToken);
        using var theirs = await BrokerProcess.StartMosquittoAsync(cancellationToken);
        List<RatioResult> results = [];
        foreach (var (connections, window, goal) in Shapes)
        {
            var (a, b, ratio) = await Interleaved.MedianAsync(
                rounds, c => RateAsync(ours.Port, connections, window, c), c => RateAsync(theirs.Port, connections, window, c), cancellationToken);
            results.Add(new RatioResult($"MQTT QoS 1 publishes, {connections} x {window}", a, "mosquitto", b, ratio, "messages/s", goal));
        }

        return results;
    }

    private static async Task<double> RateAsync(int port, int connections, int window, CancellationToken cancellationToken)
    {
        var clients = new LoadConnection[connections];
        for (var i = 0; i < connections; i++)
        {
            clients[i] = await LoadConnection.ConnectAsync(port, $"load-{i}", window, Payload, cancellationToken);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Duration);
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(clients.Select(c => Task.Run(() => c.PublishAsync(stop.Token), CancellationToken.None)));
        var rate = counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (var client in clients)
        {
            client.Dispose();
        }

        return rate;
    }
}
