using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Broker.Tests.Routing;

[TestFixture]
public sealed class RoutingTests
{
    private TestBroker _broker = null!;

    [SetUp]
    public async Task StartAsync() => _broker = await TestBroker.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _broker.DisposeAsync();

    [Test]
    public async Task Message_arrives_with_the_lower_of_both_qos([Values] MqttQos published, [Values] MqttQos subscribed)
    {
        // [MQTT-3.8.4-8]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("t", subscribed);
        await client.PublishAsync("t", "x", published);
        var incoming = await client.NextAsync();
        Assert.That(incoming.Message.Qos, Is.EqualTo((MqttQos)Math.Min((int)published, (int)subscribed)));
    }

    [Test]
    public async Task Messages_of_one_publisher_arrive_in_order()
    {
        // [MQTT-4.6.0-6]
        var subscriber = await _broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("order/#");
        var publisher = await _broker.ConnectAsync("p");
        var publishes = Enumerable.Range(0, 500).Select(i => publisher.PublishAsync($"order/{i % 7}", $"{i}").AsTask()).ToArray();
        for (var i = 0; i < 500; i++)
        {
            Assert.That(await subscriber.NextTextAsync(), Is.EqualTo($"{i}"));
        }

        await Task.WhenAll(publishes);
    }

    [Test]
    public async Task Publish_without_subscribers_says_so()
    {
        var client = await _broker.ConnectAsync("c");
        Assert.That((await client.PublishAsync("nobody", "x")).ReasonCode, Is.EqualTo(MqttReasonCode.NoMatchingSubscribers));
    }

    [Test]
    public async Task Overlapping_subscriptions_give_one_copy_with_all_identifiers_and_the_highest_qos()
    {
        // [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync([new MqttSubscription("a/#", MqttQos.AtMostOnce)], 7, CancellationToken.None);
        await client.SubscribeAsync([new MqttSubscription("a/+", MqttQos.AtLeastOnce)], 300, CancellationToken.None);
        await client.PublishAsync("a/b", "x", MqttQos.ExactlyOnce);
        var incoming = await client.NextAsync();
        Assert.That(incoming.Message.Qos, Is.EqualTo(MqttQos.AtLeastOnce));
        Assert.That(incoming.SubscriptionIdentifiers, Is.EquivalentTo([7u, 300u]));
        await client.ExpectNothingAsync();
    }

    [Test]
    public async Task Subscribing_again_replaces_the_subscription()
    {
        // [MQTT-3.8.4-3]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync([new MqttSubscription("a", MqttQos.AtLeastOnce)], 1, CancellationToken.None);
        await client.SubscribeAsync([new MqttSubscription("a", MqttQos.AtMostOnce)], 2, CancellationToken.None);
        await client.PublishAsync("a", "x");
        var incoming = await client.NextAsync();
        Assert.That(incoming.Message.Qos, Is.EqualTo(MqttQos.AtMostOnce));
        Assert.That(incoming.SubscriptionIdentifiers, Is.EqualTo([2u]));
    }

    [Test]
    public async Task No_local_keeps_own_messages_away()
    {
        // [MQTT-3.8.3-3]
        var client = await _broker.ConnectAsync("c");
        var other = await _broker.ConnectAsync("o");
        await client.SubscribeAsync([new MqttSubscription("a", NoLocal: true)], CancellationToken.None);
        await client.PublishAsync("a", "own");
        await other.PublishAsync("a", "foreign");
        Assert.That(await client.NextTextAsync(), Is.EqualTo("foreign"));
    }

    [Test]
    public async Task Unsubscribed_filter_gets_nothing_more()
    {
        // [MQTT-3.10.4-1] [MQTT-3.10.4-2]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a/+");
        var codes = await client.UnsubscribeAsync(["a/+", "b"], CancellationToken.None);
        Assert.That(codes, Is.EqualTo([MqttReasonCode.Success, MqttReasonCode.NoSubscriptionExisted]));
        await client.PublishAsync("a/b", "x");
        await client.ExpectNothingAsync();
    }

    [Test]
    public async Task Dollar_topics_are_not_matched_by_leading_wildcards()
    {
        // [MQTT-4.7.2-1]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("#");
        await client.SubscribeAsync("+/x");
        await client.PublishAsync("$own/x", "hidden");
        await client.SubscribeAsync("$own/#");
        await client.PublishAsync("$own/x", "seen");
        Assert.That(await client.NextTextAsync(), Is.EqualTo("seen"));
    }

    [Test]
    public async Task Properties_reach_the_subscriber_unaltered_and_in_order()
    {
        // [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        var message = new MqttMessage
        {
            Topic = "a",
            Payload = "text"u8.ToArray(),
            PayloadIsText = true,
            ContentType = "text/plain",
            ResponseTopic = "answer/here",
            CorrelationData = new byte[] { 1, 2, 0 },
            ExpirySeconds = 100,
            UserProperties = [new("b", "1"), new("a", "2"), new("b", "3")],
        };
        await client.PublishAsync(message, CancellationToken.None);
        var got = (await client.NextAsync()).Message;
        Assert.That(got.UserProperties, Is.EqualTo(message.UserProperties));
        Assert.That((got.PayloadIsText, got.ContentType, got.ResponseTopic, got.ExpirySeconds), Is.EqualTo(((bool?)true, "text/plain", "answer/here", (uint?)100)));
        Assert.That(got.CorrelationData!.Value.ToArray(), Is.EqualTo(new byte[] { 1, 2, 0 }));
    }

    [Test]
    public async Task Shared_subscription_gives_each_message_to_one_member()
    {
        // 4.8.2
        var members = new[] { await _broker.ConnectAsync("m0"), await _broker.ConnectAsync("m1"), await _broker.ConnectAsync("m2") };
        foreach (var member in members)
        {
            await member.SubscribeAsync("$share/group/jobs/#");
        }

        var alone = await _broker.ConnectAsync("alone");
        await alone.SubscribeAsync("jobs/#");
        var publisher = await _broker.ConnectAsync("p");
        for (var i = 0; i < 30; i++)
        {
            await publisher.PublishAsync($"jobs/{i}", $"{i}");
        }

        List<string> seen = [];
        for (var i = 0; i < 10; i++)
        {
            foreach (var member in members)
            {
                seen.Add(await member.NextTextAsync());
            }
        }

        Assert.That(seen, Is.EquivalentTo(Enumerable.Range(0, 30).Select(static i => $"{i}")));
        for (var i = 0; i < 30; i++)
        {
            Assert.That(await alone.NextTextAsync(), Is.EqualTo($"{i}"));
        }
    }

    [Test]
    public async Task Member_that_left_a_shared_subscription_gets_nothing()
    {
        var stays = await _broker.ConnectAsync("stays");
        var leaves = await _broker.ConnectAsync("leaves");
        await stays.SubscribeAsync("$share/g/jobs");
        await leaves.SubscribeAsync("$share/g/jobs");
        await leaves.UnsubscribeAsync(["$share/g/jobs"], CancellationToken.None);
        for (var i = 0; i < 6; i++)
        {
            await stays.PublishAsync("jobs", $"{i}");
            Assert.That(await stays.NextTextAsync(), Is.EqualTo($"{i}"));
        }
    }

    [TestCase("$share/g")]
    [TestCase("$share//a")]
    [TestCase("$share/+/a")]
    [TestCase("$share/g/")]
    [TestCase("a/#/b")]
    [TestCase("a+/b")]
    public async Task Malformed_filter_is_refused_in_suback(string filter)
    {
        // [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.8.2-1] [MQTT-4.8.2-2]
        var client = await _broker.ConnectAsync("c");
        Assert.That(await client.SubscribeAsync(filter), Is.EqualTo([MqttReasonCode.TopicFilterInvalid]));
        Assert.That(await client.UnsubscribeAsync([filter], CancellationToken.None), Is.EqualTo([MqttReasonCode.NoSubscriptionExisted]));
    }

    [Test]
    public async Task Shared_message_that_its_member_refuses_goes_to_nobody_else()
    {
        // [MQTT-4.8.2-6] [MQTT-4.4.0-2]
        var members = new[] { await _broker.ConnectAsync("m0"), await _broker.ConnectAsync("m1") };
        foreach (var member in members)
        {
            await member.SubscribeAsync("$share/g/jobs", MqttQos.AtLeastOnce);
        }

        var publisher = await _broker.ConnectAsync("p");
        await publisher.PublishAsync("jobs", "1");
        await publisher.PublishAsync("jobs", "2");
        foreach (var member in members)
        {
            await member.AcknowledgeAsync(await member.NextUnacknowledgedAsync(), MqttReasonCode.UnspecifiedError, CancellationToken.None);
        }

        foreach (var member in members)
        {
            await member.ExpectNothingAsync();
        }
    }

    [Test]
    public async Task Names_that_only_look_alike_are_different_topics()
    {
        // [MQTT-4.7.3-4]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("\u00c5");
        await client.PublishAsync("A\u030a", "decomposed");
        await client.PublishAsync("\u00c5", "precomposed");
        Assert.That(await client.NextTextAsync(), Is.EqualTo("precomposed"));
    }

    [Test]
    public async Task Topic_alias_of_the_broker_is_used_where_the_client_allows_it()
    {
        // [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-9]
        using var raw = _broker.Raw();
        raw.Send("10 11 0004 4D515454 05 02 0000 03 220001 0001 70");
        raw.Read(16);
        raw.Send("82 07 0001 00 0001 23 00").Expect("90 04 0001 00 00");
        var publisher = await _broker.ConnectAsync("pub");
        await publisher.PublishAsync("a", "1");
        await publisher.PublishAsync("a", "2");
        await publisher.PublishAsync("b", "3");
        raw.Expect("30 08 0001 61 03 230001 31").Expect("30 07 0000 03 230001 32").Expect("30 05 0001 62 00 33");
    }

    [Test]
    public async Task Message_in_flight_is_finished_after_unsubscribe()
    {
        // [MQTT-3.10.4-3]
        using var raw = Subscribed("62");
        await _broker.Broker.PublishAsync(new MqttMessage { Topic = "b", Payload = "x"u8.ToArray(), Qos = MqttQos.ExactlyOnce }, CancellationToken.None);
        raw.Expect("34 07 0001 62 0001 00 78");
        raw.Send("A2 06 0002 00 0001 62").Expect("B0 04 0002 00 00");
        raw.Send("50 02 0001").Expect("62 02 0001").Send("70 02 0001");
        raw.ExpectAlive();
    }

    [Test]
    public async Task Repeated_qos_2_message_is_routed_once()
    {
        // [MQTT-4.3.3-10] [MQTT-4.3.3-12]
        var subscriber = await _broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("b");
        using var raw = Connected();
        raw.Send("34 07 0001 62 0005 00 31").Expect("50 02 0005");
        raw.Send("3C 07 0001 62 0005 00 31").Expect("50 02 0005");
        raw.Send("62 02 0005").Expect("70 02 0005");
        raw.Send("34 07 0001 62 0005 00 32").Expect("50 02 0005");
        Assert.That((await subscriber.NextTextAsync(), await subscriber.NextTextAsync()), Is.EqualTo(("1", "2")));
        await subscriber.ExpectNothingAsync();
    }

    [Test]
    public void Subscription_identifier_of_a_client_is_a_violation()
    {
        // [MQTT-3.3.4-6]
        using var raw = Connected();
        raw.Send("30 06 0001 62 02 0B01").Expect("E0 01 82").ExpectClosed();
    }

    [Test]
    public void Unknown_packet_identifiers_are_told_as_such()
    {
        // 3.6.2.1, 3.7.2.1
        using var raw = Connected();
        raw.Send("50 02 0007").Expect("62 03 0007 92");
        raw.Send("62 02 0008").Expect("70 03 0008 92");
        raw.Send("40 02 0009");
        raw.ExpectAlive();
    }

    [Test]
    public async Task Large_message_arrives_whole()
    {
        var payload = new string('x', 200_000);
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("large");
        await client.PublishAsync("large", payload);
        Assert.That(await client.NextTextAsync(), Is.EqualTo(payload));
    }

    [Test]
    public async Task Server_publishes_to_subscribers()
    {
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("news");
        var code = await _broker.Broker.PublishAsync(new MqttMessage { Topic = "news", Payload = "x"u8.ToArray() }, CancellationToken.None);
        Assert.That(code, Is.EqualTo(MqttReasonCode.Success));
        Assert.That(await client.NextTextAsync(), Is.EqualTo("x"));
    }

    [Test]
    public async Task Topic_alias_stands_for_its_topic()
    {
        // 3.3.2.3.4
        var subscriber = await _broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("long/topic/#");
        var options = _broker.Options("p");
        var publisher = await _broker.ConnectAsync(new MqttClientOptions { Host = options.Host, Port = options.Port, ClientId = "p", UseTopicAliases = true });
        for (var i = 0; i < 40; i++)
        {
            await publisher.PublishAsync($"long/topic/{i % 20}", $"{i}");
            var incoming = await subscriber.NextAsync();
            Assert.That((incoming.Message.Topic, incoming.Text()), Is.EqualTo(($"long/topic/{i % 20}", $"{i}")));
        }
    }

    [Test]
    public void Topic_alias_that_was_never_set_is_a_violation()
    {
        using (var first = Connected())
        {
            first.Send("30 07 0001 62 03 230001").ExpectAlive();
        }

        // A mapping does not outlive its connection [MQTT-3.3.2-7].
        using var raw = Connected();
        raw.Send("30 06 0000 03 230001").Expect("E0 01 82").ExpectClosed();
    }

    private RawMqtt Connected()
    {
        var raw = _broker.Raw();
        raw.Send("10 0E 0004 4D515454 05 02 0000 00 0001 70").Read(16);
        return raw;
    }

    private RawMqtt Subscribed(string topic)
    {
        var raw = Connected();
        raw.Send($"82 07 0001 00 0001 {topic} 02").Expect("90 04 0001 00 02");
        return raw;
    }
}
