using System.Diagnostics;

namespace Fleet.Benchmarks.Mqtt;

/// <summary>What an idle plain connection costs in memory, and how long ten thousand take to come back: beside mosquitto, and beside Kestrel and sockets that do nothing.</summary>
internal sealed class MqttConnectionsBenchmark : IRatioBenchmark
{
    private const int Connections = 10_000;

    public string Name => "mqtt-connections";

    public Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken) => IdleConnections.CompareAsync(
        Name,
        Math.Min(rounds, 3),
        Connections,
        certificates: null,
        [
            ("ours", c => BrokerProcess.StartOursAsync(c)),
            ("mosquitto", c => BrokerProcess.StartMosquittoAsync(c)),
            ("Kestrel alone", c => BrokerProcess.StartKestrelFloorAsync(c)),
            ("sockets alone", BrokerProcess.StartSocketFloorAsync),
        ],
        cancellationToken);
}

/// <summary>The same with TLS 1.3.</summary>
internal sealed class MqttTlsConnectionsBenchmark : IRatioBenchmark
{
    private const int Connections = 10_000;

    public string Name => "mqtt-connections-tls";

    public async Task<IReadOnlyList<RatioResult>> RunAsync(int rounds, CancellationToken cancellationToken)
    {
        using var certificates = new ServerCertificate();
        return await IdleConnections.CompareAsync(
            Name,
            Math.Min(rounds, 3),
            Connections,
            certificates,
            [
                ("ours", c => BrokerProcess.StartOursAsync(c, certificates.Folder)),
                ("mosquitto", c => BrokerProcess.StartMosquittoAsync(c, certificates.Folder)),
                ("Kestrel alone", c => BrokerProcess.StartKestrelFloorAsync(c, certificates.Folder)),
            ],
            cancellationToken);
    }
}

/// <summary>Opens many connections to each subject in turn, measures the rate, the slowest of a hundred, and the memory that stays.</summary>
internal static class IdleConnections
{
    private const int AtOnce = 1000;
    private const int Warm = 1000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<RatioResult>> CompareAsync(
        string name,
        int rounds,
        int connections,
        ServerCertificate? certificates,
        (string Name, Func<CancellationToken, Task<BrokerProcess>> Start)[] subjects,
        CancellationToken cancellationToken)
    {
        if (!BrokerProcess.HasMosquitto)
        {
            Console.WriteLine($"{name}: skipped, mosquitto is not installed");
            return [];
        }

        var seen = subjects.Select(static _ => new List<Seen>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < subjects.Length; i++)
            {
                using var broker = await subjects[i].Start(cancellationToken);
                seen[i].Add(await MeasureAsync(broker, connections, certificates is not null, cancellationToken));
            }
        }

        var kind = certificates is null ? "plain" : "TLS";
        List<RatioResult> results = [];
        for (var i = 1; i < subjects.Length; i++)
        {
            var peer = subjects[i].Name;
            results.Add(Result($"memory of an idle {kind} connection, {connections:N0} open", seen[0], seen[i], static s => s.Bytes, peer, "bytes", peer == "mosquitto" ? "<= 2" : "-"));
            results.Add(Result($"{connections:N0} {kind} connects, {AtOnce:N0} at once", seen[0], seen[i], static s => s.Rate, peer, "connects/s", peer == "sockets alone" ? ">= 0.9" : "-"));
            results.Add(Result("the same, p99 of one connect", seen[0], seen[i], static s => s.P99, peer, "ms", "<= 300"));
        }

        return results;
    }

    private static RatioResult Result(string what, List<Seen> ours, List<Seen> theirs, Func<Seen, double> figure, string peer, string unit, string goal) => new(
        what,
        Interleaved.Median([.. ours.Select(figure)]),
        peer,
        Interleaved.Median([.. theirs.Select(figure)]),
        Interleaved.Median([.. ours.Zip(theirs, (a, b) => figure(a) / figure(b))]),
        unit,
        goal);

    private static async Task<Seen> MeasureAsync(BrokerProcess broker, int count, bool tls, CancellationToken cancellationToken)
    {
        // The first thousand pay for code and buffers that are paid once.
        var (warm, _) = await ConnectAsync(broker.Port, "warm", Warm, tls, cancellationToken);
        var before = broker.ResidentBytes;
        var start = Stopwatch.GetTimestamp();
        var (clients, times) = await ConnectAsync(broker.Port, "idle", count, tls, cancellationToken);
        var rate = count / Stopwatch.GetElapsedTime(start).TotalSeconds;
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        var bytes = (broker.ResidentBytes - before) / (double)count;
        foreach (var client in warm.Concat(clients))
        {
            client.Dispose();
        }

        return new Seen(bytes, rate, times.Order().ElementAt(count * 99 / 100));
    }

    private static async Task<(IdleConnection[] Clients, double[] Milliseconds)> ConnectAsync(int port, string name, int count, bool tls, CancellationToken cancellationToken)
    {
        var clients = new IdleConnection[count];
        var times = new double[count];
        using var places = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            await places.WaitAsync(cancellationToken);
            var start = Stopwatch.GetTimestamp();
            clients[i] = await IdleConnection.OpenAsync(port, $"{name}-{i}", tls, cancellationToken);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            places.Release();
        }));
        return (clients, times);
    }

    private sealed record Seen(double Bytes, double Rate, double P99);
}
