using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Tests.Attacks;

/// <summary>What client and broker agreed at CONNECT, and what is said of a packet that breaks it.</summary>
[TestFixture]
public sealed class AgreedLimitTests
{
    [TestCase(300, 1)]
    [TestCase(1, 20)]
    public async Task Topic_that_is_too_long_or_too_deep_is_refused(int length, int levels)
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumTopicLength = 256, MaximumTopicLevels = 16 });
        var topic = string.Join('/', Enumerable.Repeat(new string('a', length), levels));
        var subscriber = await broker.ConnectAsync("s");
        Assert.That(await subscriber.SubscribeAsync(topic), Is.EqualTo([MqttReasonCode.TopicFilterInvalid]));
        var client = await broker.ConnectAsync("c");
        Assert.ThrowsAsync<MqttConnectionLostException>(async () => await client.PublishAsync(topic, "x"));
        Assert.That((await client.EndAsync()).ReasonCode, Is.EqualTo(MqttReasonCode.TopicNameInvalid));
    }

    [Test]
    public async Task Subscription_bomb_ends_at_the_quota()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumSubscriptionsPerSession = 10 });
        var client = await broker.ConnectAsync("c");
        var codes = await client.SubscribeAsync([.. Enumerable.Range(0, 15).Select(static i => new MqttSubscription($"a/{i}/+/#"))], CancellationToken.None);
        Assert.That(codes.Count(static c => c == MqttReasonCode.QuotaExceeded), Is.EqualTo(5));
        Assert.That((await client.SubscribeAsync([new MqttSubscription("a/1/+/#")], CancellationToken.None))[0].IsFailure(), Is.False, "renewing is not one more");
    }

    [Test]
    public async Task More_unacknowledged_messages_than_allowed_end_the_connection()
    {
        // [MQTT-3.3.4-9]
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ReceiveMaximum = 2 });
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p" });
        raw.Send("34 07 0001 61 0001 00 78 34 07 0001 61 0002 00 78").Expect("50 02 0001 50 02 0002");
        raw.Send("34 07 0001 61 0003 00 78").Expect("E0 01 93").ExpectClosed();
    }

    [Test]
    public async Task Unsupported_features_are_told_and_enforced()
    {
        // [MQTT-3.2.2-10] to [MQTT-3.2.2-14]
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions
        {
            MaximumQos = MqttQos.AtLeastOnce,
            RetainAvailable = false,
            WildcardSubscriptionsAvailable = false,
            SharedSubscriptionsAvailable = false,
            MaximumKeepAlive = 30,
        });
        await using var client = new MqttClient(broker.Options("c"), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<MqttClient>.Instance);
        var told = (await client.ConnectAsync(CancellationToken.None)).Properties;
        Assert.That((told.MaximumQos, told.RetainAvailable, told.WildcardSubscriptionAvailable, told.SharedSubscriptionAvailable, told.ServerKeepAlive),
            Is.EqualTo(((byte?)1, (bool?)false, (bool?)false, (bool?)false, (ushort?)30)));
        Assert.That(await client.SubscribeAsync("a", MqttQos.ExactlyOnce), Is.EqualTo([MqttReasonCode.GrantedQos1]));
        Assert.ThrowsAsync<MqttProtocolException>(async () => await client.PublishAsync("a", "x", MqttQos.ExactlyOnce));
        Assert.ThrowsAsync<MqttProtocolException>(async () => await client.PublishAsync("a", "x", retain: true));
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "r" });
        var subAck = raw.Send(new SubscribePacket { PacketId = 1, Subscriptions = [new MqttSubscription("a/#"), new MqttSubscription("$share/g/a")] }).Next<SubAckPacket>();
        Assert.That(subAck.ReasonCodes, Is.EqualTo([MqttReasonCode.WildcardSubscriptionsNotSupported, MqttReasonCode.SharedSubscriptionsNotSupported]));
        raw.Send("34 07 0001 61 0001 00 78").Expect("E0 01 9B").ExpectClosed();
    }

    [TestCase(MqttQos.ExactlyOnce, false, MqttReasonCode.QosNotSupported)]
    [TestCase(MqttQos.AtLeastOnce, true, MqttReasonCode.RetainNotSupported)]
    public async Task Will_beyond_what_the_broker_supports_is_refused(MqttQos qos, bool retain, MqttReasonCode code)
    {
        // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumQos = MqttQos.AtLeastOnce, RetainAvailable = false });
        MqttClientOptions options = new() { Host = "127.0.0.1", Port = broker.Port, ClientId = "c", Will = new MqttMessage { Topic = "w", Qos = qos, Retain = retain } };
        Assert.That(Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync(options)).ReasonCode, Is.EqualTo(code));
    }

    [Test]
    public async Task Message_larger_than_the_client_accepts_is_not_sent_to_it()
    {
        // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
        await using var broker = await TestBroker.StartAsync();
        var small = await broker.ConnectAsync(new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, ClientId = "small", MaximumPacketSize = 100 });
        await small.SubscribeAsync("a");
        await broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = new byte[200] }, CancellationToken.None);
        await broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = "fits"u8.ToArray() }, CancellationToken.None);
        Assert.That(await small.NextTextAsync(), Is.EqualTo("fits"));
        var direct = await broker.Broker.PublishToAsync("small", new MqttMessage { Topic = "a", Payload = new byte[200] }, CancellationToken.None);
        Assert.That((direct.Delivery, direct.ReasonCode), Is.EqualTo((MqttDelivery.NoRoom, MqttReasonCode.PacketTooLarge)));
    }

    [TestCase(13, true)]
    [TestCase(12, false)]
    public async Task Acknowledgement_that_the_client_does_not_accept_ends_the_connection(int filters, bool refused)
    {
        // [MQTT-3.1.2-24]: 17 bytes hold the codes of 12 filters.
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p", Properties = new MqttProperties { MaximumPacketSize = 17 } });
        var names = Enumerable.Range(0, filters).Select(static i => $"a/{i}").ToArray();
        raw.Send(new SubscribePacket { PacketId = 1, Subscriptions = [.. names.Select(static n => new MqttSubscription(n))] });
        if (refused)
        {
            raw.Expect("E0 01 95").ExpectClosed();
            return;
        }

        Assert.That(raw.Next<SubAckPacket>().ReasonCodes, Has.Count.EqualTo(filters));
        raw.Send(new UnsubscribePacket { PacketId = 2, Filters = names });
        Assert.That(raw.Next<UnsubAckPacket>().ReasonCodes, Has.All.EqualTo(MqttReasonCode.Success));
    }

    [Test]
    public async Task Packet_type_of_the_server_ends_the_connection([Values(2, 9, 11, 13, 15)] int type)
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p" });
        raw.Send([(byte)(type << 4), 0]);
        raw.Expect("E0 01 82").ExpectClosed();
        Assert.That(Enum.IsDefined((MqttPacketType)type), Is.True);
    }
}
