using System.Net;
using System.Net.Sockets;
using System.Text;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Tests.Support;
using Fleet.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>The client against other people's brokers: mosquitto (MQTT 5 and 3.1.1) and aedes (3.1.1).</summary>
[TestFixture("mosquitto", MqttVersion.V5)]
[TestFixture("mosquitto", MqttVersion.V311)]
[TestFixture("aedes", MqttVersion.V311)]
public sealed class PeerBrokerTests(string name, MqttVersion version)
{
    private readonly TemporaryFolder _folder = new();
    private PeerProgram? _broker;
    private int _port;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (string.Equals(name, "aedes", StringComparison.Ordinal))
        {
            _broker = PeerProgram.Node("aedes_broker.mjs");
            _port = int.Parse((await _broker.Process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!);
            return;
        }

        var mosquitto = Engines.Require("mosquitto", "apt-get install mosquitto");
        _port = FreePort();
        await File.WriteAllTextAsync(
            _folder.File("mosquitto.conf"),
            $"listener {_port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 0\nmax_queued_messages 0\nlog_type none\n");
        _broker = PeerProgram.Start(mosquitto, "-c", _folder.File("mosquitto.conf"));
        await Eventually.TrueAsync(IsListening, "mosquitto listens");
    }

    [OneTimeTearDown]
    public void Stop()
    {
        _broker?.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Message_comes_back_at_every_qos([Values] MqttQos qos)
    {
        await using var client = await ConnectAsync("echo");
        await client.SubscribeAsync([new MqttSubscription("echo/#", MqttQos.ExactlyOnce)], CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            var text = new string((char)('a' + i), 1 + (i * 500));
            Assert.That((await PublishAsync(client, $"echo/{i}", text, qos)).IsSuccess, Is.True);
            var incoming = await NextAsync(client);
            Assert.That((incoming.Message.Topic, incoming.Message.Qos, Text(incoming)), Is.EqualTo(($"echo/{i}", qos, text)));
        }

        await client.DisconnectAsync(CancellationToken.None);
        Assert.That((await client.Completion).Cause, Is.EqualTo(MqttDisconnectCause.ByClient));
    }

    [Test]
    public async Task Thousands_in_flight_are_all_acknowledged()
    {
        await using var client = await ConnectAsync("flight");
        var results = await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => PublishAsync(client, "flight", $"{i}", MqttQos.AtLeastOnce)));
        Assert.That(results.All(static r => r.IsSuccess), Is.True);
    }

    [Test]
    public async Task Session_is_resumed()
    {
        var session = new MqttClientSession();
        await using (var first = await ConnectAsync("resume", session, cleanStart: version == MqttVersion.V5))
        {
            await first.SubscribeAsync([new MqttSubscription("resume")], CancellationToken.None);
            await first.DisconnectAsync(CancellationToken.None);
        }

        await using var other = await ConnectAsync("other");
        await PublishAsync(other, "resume", "kept", MqttQos.AtLeastOnce);
        await using var again = await ConnectAsync("resume", session, cleanStart: false);
        Assert.That(Text(await NextAsync(again)), Is.EqualTo("kept"));
    }

    [Test]
    public async Task Unacknowledged_message_comes_again()
    {
        var session = new MqttClientSession();
        await using (var first = await ConnectAsync("again", session, cleanStart: version == MqttVersion.V5))
        {
            await first.SubscribeAsync([new MqttSubscription("again")], CancellationToken.None);
            await using var other = await ConnectAsync("other2");
            await PublishAsync(other, "again", "x", MqttQos.AtLeastOnce);
            await first.Incoming.ReadAsync();
        }

        await using var second = await ConnectAsync("again", session, cleanStart: false);
        var incoming = await NextAsync(second);
        Assert.That(Text(incoming), Is.EqualTo("x"));

        // aedes sends it again without the flag.
        Assert.That(incoming.Duplicate || name == "aedes", Is.True);
    }

    [Test]
    public async Task Will_is_sent_for_a_client_that_breaks_off()
    {
        await using var watcher = await ConnectAsync("watcher");
        await watcher.SubscribeAsync([new MqttSubscription("will")], CancellationToken.None);
        var victim = await ConnectAsync("victim", will: new MqttMessage { Topic = "will", Payload = "gone"u8.ToArray() });
        await victim.DisposeAsync();
        Assert.That(Text(await NextAsync(watcher)), Is.EqualTo("gone"));
    }

    [Test]
    public async Task Unsubscribed_filter_is_quiet()
    {
        await using var client = await ConnectAsync("unsubscribe");
        await client.SubscribeAsync([new MqttSubscription("u/1"), new MqttSubscription("u/2")], CancellationToken.None);
        await client.UnsubscribeAsync(["u/1"], CancellationToken.None);
        await PublishAsync(client, "u/1", "quiet", MqttQos.AtLeastOnce);
        await PublishAsync(client, "u/2", "heard", MqttQos.AtLeastOnce);
        Assert.That(Text(await NextAsync(client)), Is.EqualTo("heard"));
    }

    [Test]
    public async Task Properties_and_aliases_travel_with_mqtt_5()
    {
        Assume.That(version, Is.EqualTo(MqttVersion.V5));
        await using var client = await ConnectAsync("properties");
        await client.SubscribeAsync([new MqttSubscription("p/#")], 77, CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            var message = new MqttMessage { Topic = "p/1", ContentType = "text", UserProperties = [new("a", $"{i}")], CorrelationData = new byte[] { 1 }, ExpirySeconds = 50 };
            await client.PublishAsync(message, CancellationToken.None);
            var incoming = await NextAsync(client);
            Assert.That((incoming.Message.Topic, incoming.Message.ContentType, incoming.Message.UserProperties![0].Value), Is.EqualTo(("p/1", "text", $"{i}")));
            Assert.That(incoming.SubscriptionIdentifiers, Is.EqualTo([77u]));
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(MqttIncoming incoming) => Encoding.UTF8.GetString(incoming.Message.Payload.Span);

    private static Task<MqttPublishResult> PublishAsync(MqttClient client, string topic, string text, MqttQos qos) =>
        client.PublishAsync(new MqttMessage { Topic = topic, Payload = Encoding.UTF8.GetBytes(text), Qos = qos }, CancellationToken.None).AsTask();

    private static async Task<MqttIncoming> NextAsync(MqttClient client)
    {
        var incoming = await client.Incoming.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await client.AcknowledgeAsync(incoming, CancellationToken.None);
        return incoming;
    }

    private bool IsListening()
    {
        try
        {
            using var probe = new TcpClient("127.0.0.1", _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task<MqttClient> ConnectAsync(string clientId, MqttClientSession? session = null, bool cleanStart = true, MqttMessage? will = null)
    {
        var options = new MqttClientOptions
        {
            Host = "127.0.0.1",
            Port = _port,
            Version = version,
            ClientId = $"{clientId}-{version}",
            CleanStart = cleanStart,
            SessionExpiry = session is null ? null : TimeSpan.FromMinutes(5),
            Session = session,
            Will = will,
            UseTopicAliases = true,
            TopicAliasMaximum = 10,
        };
        var client = new MqttClient(options, TimeProvider.System, NullLogger<MqttClient>.Instance);
        await client.ConnectAsync(CancellationToken.None);
        return client;
    }
}
