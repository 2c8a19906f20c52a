using Fleet.Mqtt.Broker.Tests.Support;

namespace Fleet.Mqtt.Broker.Tests.Routing;

[TestFixture]
public sealed class RetainedMessageTests
{
    private TestBroker _broker = null!;

    [SetUp]
    public async Task StartAsync() => _broker = await TestBroker.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _broker.DisposeAsync();

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
    public async Task Retained_messages_are_not_sent_to_shared_subscriptions()
    {
        // 4.8.2
        var client = await _broker.ConnectAsync("c");
        await client.PublishAsync("jobs", "x", retain: true);
        await client.SubscribeAsync("$share/g/jobs");
        await client.ExpectNothingAsync();
    }

    [Test]
    public async Task Retained_messages_are_sent_again_to_a_renewed_subscription()
    {
        // [MQTT-3.8.4-4]
        var client = await _broker.ConnectAsync("c");
        await client.PublishAsync("r", "x", retain: true);
        await client.SubscribeAsync("r");
        Assert.That(await client.NextTextAsync(), Is.EqualTo("x"));
        await client.SubscribeAsync("r");
        Assert.That(await client.NextTextAsync(), Is.EqualTo("x"));
    }
}
