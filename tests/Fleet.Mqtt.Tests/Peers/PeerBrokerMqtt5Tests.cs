using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>What came with MQTT 5, against two other brokers that speak it.</summary>
[TestFixture("mosquitto", false)]
[TestFixture("mosquitto", true)]
[TestFixture("ejabberd", false)]
[TestFixture("ejabberd", true)]
public sealed class PeerBrokerMqtt5Tests(string name, bool secure) : PeerBrokerFixture(name, MqttVersion.V5, secure)
{
    private readonly string _name = name;

    [Test]
    public async Task Properties_and_aliases_travel_with_mqtt_5()
    {
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


    [Test]
    public async Task Server_holds_back_what_exceeds_receive_maximum()
    {
        await using var client = await ConnectAsync("window", receiveMaximum: 3);
        await using var other = await ConnectAsync("window-other");
        await client.SubscribeAsync([new MqttSubscription("window", MqttQos.ExactlyOnce)], CancellationToken.None);
        for (var i = 0; i < 20; i++)
        {
            await PublishAsync(other, "window", $"{i}", i % 2 == 0 ? MqttQos.AtLeastOnce : MqttQos.ExactlyOnce);
        }

        // mosquitto sends all that it may before the SUBACK, ejabberd begins after it.
        await client.SubscribeAsync([new MqttSubscription("mark")], CancellationToken.None);
        Assert.That(client.Incoming.Count, Is.LessThanOrEqualTo(3));
        if (string.Equals(_name, "mosquitto", StringComparison.Ordinal))
        {
            // 2.0.11 sends three more for each acknowledgement, whatever is outstanding; the client would end the connection with 0x93.
            return;
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.That(Text(await NextAsync(client)), Is.EqualTo($"{i}"));
        }
    }

    [Test]
    public async Task Shared_subscription_gives_each_message_to_one_member()
    {
        await using var publisher = await ConnectAsync("publisher");
        await using var first = await ConnectAsync("member-1");
        await using var second = await ConnectAsync("member-2");
        if (string.Equals(_name, "ejabberd", StringComparison.Ordinal))
        {
            // It has none and says so in CONNACK.
            var error = Assert.ThrowsAsync<MqttProtocolException>(() => first.SubscribeAsync([new MqttSubscription("$share/g/jobs")], CancellationToken.None));
            Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.SharedSubscriptionsNotSupported));
            return;
        }

        foreach (var member in new[] { first, second })
        {
            Assert.That(await member.SubscribeAsync([new MqttSubscription("$share/g/jobs")], CancellationToken.None), Is.EqualTo([MqttReasonCode.GrantedQos1]));
        }

        for (var i = 0; i < 20; i++)
        {
            await PublishAsync(publisher, "jobs", $"{i}", MqttQos.AtLeastOnce);
        }

        List<string> got = [];
        for (var i = 0; i < 10; i++)
        {
            got.Add(Text(await NextAsync(first)));
            got.Add(Text(await NextAsync(second)));
        }

        Assert.That(got.Distinct().Count(), Is.EqualTo(20));
    }


    [Test]
    public async Task Delayed_will_waits_and_is_dropped_for_a_client_that_comes_back()
    {
        await using var watcher = await ConnectAsync("delay-watcher");
        await watcher.SubscribeAsync([new MqttSubscription("delayed/#")], CancellationToken.None);
        var back = await ConnectAsync("back", new MqttClientSession(), will: new MqttMessage { Topic = "delayed/back" }, willDelay: TimeSpan.FromSeconds(2));
        var gone = await ConnectAsync("gone", new MqttClientSession(), will: new MqttMessage { Topic = "delayed/gone" }, willDelay: TimeSpan.FromSeconds(3));
        await back.DisposeAsync();
        await gone.DisposeAsync();
        await using var again = await ConnectAsync("back", new MqttClientSession(), cleanStart: false);
        Assert.That((await NextAsync(watcher)).Message.Topic, Is.EqualTo("delayed/gone"));
    }
}
