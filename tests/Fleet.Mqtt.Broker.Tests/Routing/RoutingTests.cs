using System.Text;
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
    public async Task Retained_message_greets_a_new_subscriber_with_the_flag_set()
    {
        // [MQTT-3.3.1-5] [MQTT-3.3.1-8]
        var client = await _broker.ConnectAsync("c");
        await client.PublishAsync("r/1", "first", retain: true);
        await client.PublishAsync("r/1", "second", retain: true);
        await client.SubscribeAsync("r/#");
        var incoming = await client.NextAsync();
        Assert.That((incoming.Text(), incoming.Message.Retain), Is.EqualTo(("second", true)));
        await client.PublishAsync("r/1", "third", retain: true);
        incoming = await client.NextAsync();
        Assert.That((incoming.Text(), incoming.Message.Retain), Is.EqualTo(("third", false)), "[MQTT-3.3.1-12]");
    }

    [Test]
    public async Task Empty_retained_message_forgets_the_topic()
    {
        // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
        var client = await _broker.ConnectAsync("c");
        await client.PublishAsync("r/1", "x", retain: true);
        await client.PublishAsync("r/1", string.Empty, retain: true);
        await client.SubscribeAsync("r/#");
        await client.ExpectNothingAsync();
    }

    [Test]
    public async Task Retain_as_published_keeps_the_flag()
    {
        // [MQTT-3.3.1-13]
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync([new MqttSubscription("r", RetainAsPublished: true)], CancellationToken.None);
        await client.PublishAsync("r", "x", retain: true);
        Assert.That((await client.NextAsync()).Message.Retain, Is.True);
    }

    [Test]
    public async Task Retain_handling_decides_about_the_greeting()
    {
        // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
        var client = await _broker.ConnectAsync("c");
        await client.PublishAsync("r", "x", retain: true);
        MqttSubscription ifNew = new("r", RetainHandling: MqttRetainHandling.SendIfNew);
        await client.SubscribeAsync([new MqttSubscription("r", RetainHandling: MqttRetainHandling.DoNotSend)], CancellationToken.None);
        await client.SubscribeAsync([ifNew], CancellationToken.None);
        await client.ExpectNothingAsync();
        await client.UnsubscribeAsync(["r"], CancellationToken.None);
        await client.SubscribeAsync([ifNew], CancellationToken.None);
        Assert.That(await client.NextTextAsync(), Is.EqualTo("x"));
    }

    [TestCase("#", 3)]
    [TestCase("+", 1)]
    [TestCase("a/#", 2)]
    [TestCase("a/+", 1)]
    [TestCase("+/b", 1)]
    [TestCase("$s/#", 1)]
    public async Task Retained_messages_are_found_by_wildcards(string filter, int count)
    {
        var client = await _broker.ConnectAsync("c");
        foreach (var topic in new[] { "a", "a/b", "c/d/e", "$s/x" })
        {
            await client.PublishAsync(topic, topic, retain: true);
        }

        await client.SubscribeAsync(filter);
        for (var i = 0; i < count; i++)
        {
            await client.NextAsync();
        }

        await client.UnsubscribeAsync([filter], CancellationToken.None);
        await client.ExpectNothingAsync();
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

    [Test]
    public async Task Retained_messages_are_not_sent_to_shared_subscriptions()
    {
        // 4.8.2
        var client = await _broker.ConnectAsync("c");
        await client.PublishAsync("jobs", "x", retain: true);
        await client.SubscribeAsync("$share/g/jobs");
        await client.ExpectNothingAsync();
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
        using var raw = _broker.Raw();
        raw.Send("10 0E 0004 4D515454 05 02 0000 00 0001 70").Read(16);
        raw.Send("30 06 0000 03 230001");
        Assert.That(Encoding.ASCII.GetString(raw.Read(0)), Is.Empty);
        raw.Expect("E0 01 82").ExpectClosed();
    }
}
