using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>The client against other people's brokers: mosquitto and ejabberd (MQTT 5 and 3.1.1) and aedes (3.1.1), plain and with TLS and a client certificate.</summary>
[TestFixture("mosquitto", MqttVersion.V5, false)]
[TestFixture("mosquitto", MqttVersion.V5, true)]
[TestFixture("mosquitto", MqttVersion.V311, false)]
[TestFixture("mosquitto", MqttVersion.V311, true)]
[TestFixture("ejabberd", MqttVersion.V5, false)]
[TestFixture("ejabberd", MqttVersion.V5, true)]
[TestFixture("ejabberd", MqttVersion.V311, false)]
[TestFixture("ejabberd", MqttVersion.V311, true)]
[TestFixture("aedes", MqttVersion.V311, false)]
[TestFixture("aedes", MqttVersion.V311, true)]
public sealed class PeerBrokerTests(string name, MqttVersion version, bool secure) : PeerBrokerFixture(name, version, secure)
{
    private readonly string _name = name;
    private readonly MqttVersion _version = version;

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
        await using (var first = await ConnectAsync("resume", session, cleanStart: _version == MqttVersion.V5))
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
        await using (var first = await ConnectAsync("again", session, cleanStart: _version == MqttVersion.V5))
        {
            await first.SubscribeAsync([new MqttSubscription("again")], CancellationToken.None);
            await using var other = await ConnectAsync("other2");
            await PublishAsync(other, "again", "x", MqttQos.AtLeastOnce);
            Assert.That(Text(await first.Incoming.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20))), Is.EqualTo("x"));
        }

        await using var second = await ConnectAsync("again", session, cleanStart: false);
        var incoming = await NextAsync(second);
        Assert.That(Text(incoming), Is.EqualTo("x"));

        // aedes sends it again without the flag.
        Assert.That(incoming.Duplicate || _name == "aedes", Is.True);
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
    public async Task Retained_message_is_found_and_removed()
    {
        await using var client = await ConnectAsync("retain");
        await client.PublishAsync(new MqttMessage { Topic = "retained", Payload = "kept"u8.ToArray(), Retain = true }, CancellationToken.None);
        await client.SubscribeAsync([new MqttSubscription("retained")], CancellationToken.None);
        var incoming = await NextAsync(client);
        Assert.That(Text(incoming), Is.EqualTo("kept"));

        // aedes acknowledges first and routes then: it may meet the subscription.
        Assert.That(incoming.Message.Retain || _name == "aedes", Is.True);
        await client.PublishAsync(new MqttMessage { Topic = "retained", Retain = true }, CancellationToken.None);
    }
}
