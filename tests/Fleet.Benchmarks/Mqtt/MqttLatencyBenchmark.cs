using System.Diagnostics;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>
/// A message to one of many connected clients, in the product's configuration: beside a ping to the same broker, which is what network and threads cost alone, beside the same broker with
/// half as many clients, and beside mosquitto.
/// </summary>
internal sealed class MqttLatencyBenchmark : IRatioBenchmark
{
    private const int Few = 5_000;
    private const int Many = 10_000;
    private const int Messages = 3_000;

    public string Name => "mqtt-latency";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        if (!BrokerProcess.HasMosquitto)
        {
            Console.WriteLine("mqtt-latency: skipped, mosquitto is not installed");
            return [];
        }

        List<RatioResult> results = [];
        using var few = await CrowdAsync(await BrokerProcess.StartOursAsync(cancellationToken), Few, cancellationToken);
        using (var many = await CrowdAsync(await BrokerProcess.StartOursAsync(cancellationToken), Many, cancellationToken))
        {
            await CompareAsync(few, "a ping", p => few.PingAsync(p, cancellationToken), "<= 1.3", "<= 2");
            await CompareAsync(many, "a ping", p => many.PingAsync(p, cancellationToken), "<= 1.3", "<= 2");
            await CompareAsync(many, $"one of {Few:N0}", p => few.MessageAsync(p, cancellationToken), "<= 1.1", "-");
        }

        using var inline = await CrowdAsync(await BrokerProcess.StartOursInlineAsync(cancellationToken), Few, cancellationToken);
        using var mosquitto = await CrowdAsync(await BrokerProcess.StartMosquittoAsync(cancellationToken), Few, cancellationToken);
        await CompareAsync(few, "inline scheduling", p => inline.MessageAsync(p, cancellationToken), "-", "-");
        await CompareAsync(few, "mosquitto", p => mosquitto.MessageAsync(p, cancellationToken), "-", "-");
        return results;

        async Task CompareAsync(Crowd crowd, string against, Func<double, Task<double>> other, params string[] goals)
        {
            foreach (var (percentile, goal) in new[] { 0.50, 0.99 }.Zip(goals))
            {
                var (a, b, ratio) = await Interleaved.MedianAsync(rounds, _ => crowd.MessageAsync(percentile, cancellationToken), _ => other(percentile), cancellationToken);
                results.Add(new RatioResult($"message to one of {crowd.Count:N0} connected, p{percentile * 100:0}", a, against, b, ratio, "us", goal));
            }
        }
    }

    private static async Task<Crowd> CrowdAsync(BrokerProcess broker, int count, CancellationToken cancellationToken)
    {
        var clients = new LoadConnection[count];
        for (var i = 0; i < count; i++)
        {
            clients[i] = await LoadConnection.ConnectAsync(broker.Port, $"c-{i}", 1, 1, cancellationToken);
            await clients[i].SubscribeAsync(Crowd.Topic(i), cancellationToken);
        }

        return new Crowd(broker, clients);
    }

    /// <summary>A broker and its clients, each subscribed to a topic of its own.</summary>
    private sealed class Crowd(BrokerProcess broker, LoadConnection[] clients) : IDisposable
    {
        public int Count => clients.Length;

        public static string Topic(int client) => $"cmd/{client}";

        /// <summary>From the first client to another one, in microseconds.</summary>
        public Task<double> MessageAsync(double percentile, CancellationToken cancellationToken) => PercentileAsync(percentile, async target =>
        {
            await clients[0].SendAsync(Topic(target), cancellationToken);
            await clients[target].ReceiveAsync(Topic(target), cancellationToken);
        });

        /// <summary>From a client to the broker and back, in microseconds.</summary>
        public Task<double> PingAsync(double percentile, CancellationToken cancellationToken) => PercentileAsync(percentile, target => clients[target].PingAsync(cancellationToken));

        public void Dispose()
        {
            foreach (var client in clients)
            {
                client.Dispose();
            }

            broker.Dispose();
        }

        private async Task<double> PercentileAsync(double percentile, Func<int, Task> once)
        {
            var times = new double[Messages];
            for (var i = 0; i < Messages; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await once(1 + (i * 7919 % (clients.Length - 1)));
                times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }

            return times.Order().ElementAt((int)(Messages * percentile));
        }
    }
}
