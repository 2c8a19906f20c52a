using System.Diagnostics;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>QoS 1 publishes without a subscriber: what the broker itself costs.</summary>
internal sealed class MqttPublishBenchmark : IRatioBenchmark
{
    private const int Payload = 300;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private static readonly (int Connections, int Window, string Goal)[] Shapes = [(1, 1, ">= 0.90"), (1, 256, ">= 8"), (100, 16, ">= 4"), (1000, 4, ">= 3")];

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

/// <summary>A message to one of many connected clients, there and back, beside a ping-like echo between two.</summary>
internal sealed class MqttLatencyBenchmark : IRatioBenchmark
{
    private const int Connected = 5000;
    private const int Messages = 3000;

    public string Name => "mqtt-latency";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!BrokerProcess.HasMosquitto)
        {
            Console.WriteLine("mqtt-latency: skipped, mosquitto is not installed");
            return [];
        }

        using var ours = await BrokerProcess.StartOursAsync(cancellationToken);
        using var theirs = await BrokerProcess.StartMosquittoAsync(cancellationToken);
        var mine = await OpenAsync(ours.Port, cancellationToken);
        var others = await OpenAsync(theirs.Port, cancellationToken);
        List<RatioResult> results = [];
        foreach (var (percentile, goal) in new[] { (0.50, "<= 1.3"), (0.99, "<= 2") })
        {
            var (a, b, ratio) = await Interleaved.MedianAsync(
                rounds, c => PercentileAsync(mine, percentile, c), c => PercentileAsync(others, percentile, c), cancellationToken);
            results.Add(new RatioResult($"message to one of {Connected} connected, p{percentile * 100:0}", a, "mosquitto", b, ratio, "us", goal));
        }

        foreach (var client in mine.Concat(others))
        {
            client.Dispose();
        }

        return results;
    }

    private static async Task<LoadConnection[]> OpenAsync(int port, CancellationToken cancellationToken)
    {
        var clients = new LoadConnection[Connected];
        for (var i = 0; i < Connected; i++)
        {
            clients[i] = await LoadConnection.ConnectAsync(port, $"c-{i}", 1, 1, cancellationToken);
            await clients[i].SubscribeAsync(Topic(i), cancellationToken);
        }

        return clients;
    }

    private static async Task<double> PercentileAsync(LoadConnection[] clients, double percentile, CancellationToken cancellationToken)
    {
        var times = new double[Messages];
        for (var i = 0; i < Messages; i++)
        {
            var target = 1 + (i * 7919 % (Connected - 1));
            var start = Stopwatch.GetTimestamp();
            await clients[0].SendAsync(Topic(target), cancellationToken);
            await clients[target].ReceiveAsync(Topic(target), cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        return times.Order().ElementAt((int)(Messages * percentile));
    }

    private static string Topic(int client) => $"cmd/{client}";
}
