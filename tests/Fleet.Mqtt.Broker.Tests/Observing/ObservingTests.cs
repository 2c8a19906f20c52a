using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker.Tests.Observing;

/// <summary>What an operator sees: metrics and the wire trace.</summary>
[TestFixture]
public sealed class ObservingTests
{
    [Test]
    public async Task Metrics_count_what_happens()
    {
        var counts = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "Fleet.Mqtt.Broker")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => counts.AddOrUpdate(instrument.Name, value, (_, old) => old + value));
        listener.Start();
        await using var broker = await TestBroker.StartAsync();
        var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        await client.PublishAsync("a", "x");
        await client.NextAsync();
        Assert.That(counts["mqtt.connects.accepted"], Is.GreaterThanOrEqualTo(1));
        Assert.That(counts["mqtt.publishes.received"], Is.GreaterThanOrEqualTo(1));
        Assert.That(counts["mqtt.messages.delivered"], Is.GreaterThanOrEqualTo(1));
        Assert.That(counts["mqtt.bytes.received"], Is.GreaterThanOrEqualTo(18), "SUBSCRIBE and PUBLISH");
        Assert.That(counts["mqtt.bytes.sent"], Is.GreaterThanOrEqualTo(20), "CONNACK, SUBACK, PUBACK, PUBLISH");
    }

    [Test]
    public async Task Messages_that_wait_for_a_client_are_counted()
    {
        await using var broker = await TestBroker.StartAsync();
        var absent = await broker.ConnectAsync(new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, ClientId = "absent", SessionExpiry = TimeSpan.FromMinutes(1) });
        await absent.SubscribeAsync("waiting");
        await absent.DisconnectAsync(CancellationToken.None);
        var publisher = await broker.ConnectAsync("publisher");
        await publisher.PublishAsync("waiting", "1");
        await publisher.PublishAsync("waiting", "2");

        List<long> seen = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "mqtt.messages.waiting")
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => seen.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.That(seen, Does.Contain(2), "other brokers of this process are seen, too");
    }

    [Test]
    public async Task Wire_trace_tells_packets_and_hides_what_is_in_them()
    {
        var lines = new Lines();
        var open = new Access.MqttOpenAccess();
        using var factory = LoggerFactory.Create(b => b.AddProvider(lines).SetMinimumLevel(LogLevel.Trace));
        await using var broker = new MqttBroker(new MqttBrokerOptions(), open, [], open, [], [], TimeProvider.System, factory.CreateLogger<MqttBroker>());
        var toBroker = new System.IO.Pipelines.Pipe();
        var toClient = new System.IO.Pipelines.Pipe();
        var serving = broker.ServeAsync(new Duplex(toBroker.Reader, toClient.Writer), new Nobody());
        var options = new MqttClientOptions
        {
            Host = "memory",
            ClientId = "c",
            UserName = "somebody",
            Password = "open sesame"u8.ToArray(),
            OpenStream = _ => ValueTask.FromResult<Stream>(new TwoWayStream(toClient.Reader.AsStream(), toBroker.Writer.AsStream())),
        };
        await using (var client = new MqttClient(options, TimeProvider.System, factory.CreateLogger<MqttClient>()))
        {
            await client.ConnectAsync(CancellationToken.None);
            await client.PublishAsync("a/b", "very secret");
            await client.DisconnectAsync(CancellationToken.None);
        }

        await serving;
        var text = string.Join('\n', lines.All);
        Assert.That(text, Does.Contain("1 <- Connect V5 client=c").And.Contain("topic=a/b").And.Contain("payload=11 bytes").And.Contain("1 -> PubAck"));
        Assert.That(text, Does.Contain("-> Connect V5 client=c").Or.Contain("-> Publish id=1"), "the client's trace");
        Assert.That(text, Does.Not.Contain("secret").And.Not.Contain("sesame").And.Not.Contain("somebody"));
        await Eventually.TrueAsync(() => broker.SessionCount == 0, "all is over");
    }

    private sealed class Nobody : Connections.MqttPeer
    {
        public override void Abort()
        {
            // A pipe in memory has nothing to tear down.
        }
    }

    private sealed class Duplex(System.IO.Pipelines.PipeReader input, System.IO.Pipelines.PipeWriter output) : System.IO.Pipelines.IDuplexPipe
    {
        public System.IO.Pipelines.PipeReader Input => input;

        public System.IO.Pipelines.PipeWriter Output => output;
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception));

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
