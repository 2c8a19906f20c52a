using System.Text;
using Fleet.Mqtt;
using Fleet.Mqtt.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Conformance.Mqtt;

/// <summary>The client alone against any broker. Each scenario prints what it saw; 0 means it went as it must.</summary>
internal static class MqttClientScenarios
{
    private static readonly Dictionary<string, Func<MqttClientOptions, CancellationToken, Task<bool>>> Scenarios = new(StringComparer.Ordinal)
    {
        ["connect"] = ConnectAsync,
        ["echo"] = EchoAsync,
        ["publish"] = PublishAsync,
        ["resume"] = ResumeAsync,
    };

    public static IEnumerable<string> Names => Scenarios.Keys;

    public static async Task<int> RunAsync(VerbArguments arguments, CancellationToken cancellationToken)
    {
        var name = arguments.Word(0, "scenario");
        if (!Scenarios.TryGetValue(name, out var scenario))
        {
            throw new ArgumentException($"scenario {name} is not one of {string.Join(", ", Names)}.");
        }

        var options = new MqttClientOptions
        {
            Host = arguments.Option("host") ?? "127.0.0.1",
            Port = arguments.Number("port", 1883),
            Version = (MqttVersion)arguments.Number("version", 5),
            ClientId = $"fleet-{name}",
        };
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            var passed = await scenario(options, bound.Token);
            Console.WriteLine($"{name}: {(passed ? "passed" : "failed")}");
            return passed ? 0 : 1;
        }
        catch (Exception error) when (error is MqttConnectException or MqttConnectionLostException or MqttProtocolException or OperationCanceledException)
        {
            Console.WriteLine($"{name}: failed: {error.Message}");
            return 1;
        }
    }

    private static async Task<bool> ConnectAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        await using var client = NewClient(options);
        var result = await client.ConnectAsync(cancellationToken);
        Console.WriteLine($"session present: {result.SessionPresent}, receive maximum: {result.Properties.ReceiveMaximum}, alias maximum: {result.Properties.TopicAliasMaximum}");
        await client.DisconnectAsync(cancellationToken);
        return (await client.Completion).Cause == MqttDisconnectCause.ByClient;
    }

    private static async Task<bool> EchoAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        await using var client = NewClient(options);
        await client.ConnectAsync(cancellationToken);
        await client.SubscribeAsync([new MqttSubscription("fleet/echo/#", MqttQos.ExactlyOnce)], cancellationToken);
        var passed = true;
        foreach (var qos in Enum.GetValues<MqttQos>())
        {
            var message = new MqttMessage { Topic = $"fleet/echo/{(int)qos}", Payload = Encoding.UTF8.GetBytes($"hello {qos}"), Qos = qos };
            var sent = await client.PublishAsync(message, cancellationToken);
            var incoming = await client.Incoming.ReadAsync(cancellationToken);
            await client.AcknowledgeAsync(incoming, cancellationToken);
            Console.WriteLine($"{qos}: {sent.ReasonCode}, back as {incoming.Message.Qos} on {incoming.Message.Topic}");
            passed &= sent.IsSuccess && incoming.Message.Qos == qos && incoming.Message.Payload.Span.SequenceEqual(message.Payload.Span);
        }

        await client.DisconnectAsync(cancellationToken);
        return passed;
    }

    private static async Task<bool> PublishAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        const int Count = 10_000;
        await using var client = NewClient(options);
        await client.ConnectAsync(cancellationToken);
        var start = TimeProvider.System.GetTimestamp();
        var payload = new byte[300];
        var publishes = Enumerable.Range(0, Count)
            .Select(_ => client.PublishAsync(new MqttMessage { Topic = "fleet/publish", Payload = payload }, cancellationToken).AsTask());
        var results = await Task.WhenAll(publishes);
        var seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine($"{Count} acknowledged in {seconds:F2} s, {Count / seconds:F0}/s");
        return Array.TrueForAll(results, static r => r.IsSuccess);
    }

    private static async Task<bool> ResumeAsync(MqttClientOptions options, CancellationToken cancellationToken)
    {
        var session = new MqttClientSession();
        await using (var first = NewClient(Resuming(options, session, cleanStart: true)))
        {
            await first.ConnectAsync(cancellationToken);
            await first.SubscribeAsync([new MqttSubscription("fleet/resume")], cancellationToken);
        }

        await using (var other = NewClient(new MqttClientOptions { Host = options.Host, Port = options.Port, Version = options.Version, ClientId = "fleet-other" }))
        {
            await other.ConnectAsync(cancellationToken);
            await other.PublishAsync(new MqttMessage { Topic = "fleet/resume", Payload = "kept"u8.ToArray() }, cancellationToken);
            await other.DisconnectAsync(cancellationToken);
        }

        await using var again = NewClient(Resuming(options, session, cleanStart: false));
        var result = await again.ConnectAsync(cancellationToken);
        var incoming = await again.Incoming.ReadAsync(cancellationToken);
        await again.AcknowledgeAsync(incoming, cancellationToken);
        await again.DisconnectAsync(cancellationToken);
        Console.WriteLine($"session present: {result.SessionPresent}, message: {Encoding.UTF8.GetString(incoming.Message.Payload.Span)}");
        return result.SessionPresent && incoming.Message.Payload.Span.SequenceEqual("kept"u8);
    }

    private static MqttClientOptions Resuming(MqttClientOptions options, MqttClientSession session, bool cleanStart) => new()
    {
        Host = options.Host,
        Port = options.Port,
        Version = options.Version,
        ClientId = options.ClientId,
        CleanStart = cleanStart && options.Version == MqttVersion.V5,
        SessionExpiry = TimeSpan.FromMinutes(5),
        Session = session,
    };

    private static MqttClient NewClient(MqttClientOptions options) => new(options, TimeProvider.System, NullLogger<MqttClient>.Instance);
}
