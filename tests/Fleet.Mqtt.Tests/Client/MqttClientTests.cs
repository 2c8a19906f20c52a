using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Client;

/// <summary>Messages that leave and come, against a server that says what the test wants.</summary>
[TestFixture]
public sealed class MqttClientTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Many_publishes_are_in_flight_and_complete_in_any_order()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        var first = Publish(client, "1");
        var second = Publish(client, "2");
        var one = await server.ReadAsync<PublishPacket>();
        var two = await server.ReadAsync<PublishPacket>();
        Assert.That(one.PacketId, Is.Not.EqualTo(two.PacketId), "[MQTT-2.2.1-2]");
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = two.PacketId, ReasonCode = MqttReasonCode.QuotaExceeded });
        Assert.That((await second).ReasonCode, Is.EqualTo(MqttReasonCode.QuotaExceeded));
        Assert.That(first.IsCompleted, Is.False);
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = one.PacketId });
        Assert.That((await first).IsSuccess, Is.True);
    }

    [Test]
    public async Task No_more_are_in_flight_than_the_server_allows()
    {
        // [MQTT-3.3.4-7]
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 2 });
        await using var a = server;
        await using var b = client;
        var publishes = Enumerable.Range(0, 3).Select(i => Publish(client, $"{i}")).ToArray();
        var one = await server.ReadAsync<PublishPacket>();
        await server.ReadAsync<PublishPacket>();
        await client.PublishAsync(new MqttMessage { Topic = "marker", Qos = MqttQos.AtMostOnce }, CancellationToken.None);
        Assert.That((await server.ReadAsync<PublishPacket>()).Topic, Is.EqualTo("marker"), "QoS 0 is not held back, the third is");
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = one.PacketId });
        await server.ReadAsync<PublishPacket>();
        Assert.That(publishes.Count(static p => p.IsCompletedSuccessfully), Is.LessThanOrEqualTo(1));
    }

    [Test]
    public async Task No_more_are_in_flight_than_the_options_allow()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(
            change: static o => new MqttClientOptions { Host = o.Host, OpenStream = o.OpenStream, ClientId = "c", MaximumInFlight = 1 });
        await using var a = server;
        await using var b = client;
        _ = Publish(client, "1");
        _ = Publish(client, "2");
        var one = await server.ReadAsync<PublishPacket>();
        await client.PublishAsync(new MqttMessage { Topic = "marker", Qos = MqttQos.AtMostOnce }, CancellationToken.None);
        Assert.That((await server.ReadAsync<PublishPacket>()).Topic, Is.EqualTo("marker"));
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = one.PacketId });
        Assert.That((await server.ReadAsync<PublishPacket>()).Topic, Is.EqualTo("2"));
    }

    [Test]
    public async Task Topic_aliases_are_used_as_far_as_the_server_allows()
    {
        // [MQTT-3.2.2-17] [MQTT-3.3.2-9]
        var (server, client) = await ScriptedServer.ConnectedAsync(
            new MqttProperties { TopicAliasMaximum = 1 },
            static o => new MqttClientOptions { Host = o.Host, OpenStream = o.OpenStream, ClientId = "c", UseTopicAliases = true });
        await using var a = server;
        await using var b = client;
        foreach (var (topic, onWire, alias) in new (string, string, ushort?)[] { ("a", "a", 1), ("a", string.Empty, 1), ("b", "b", null), ("a", string.Empty, 1) })
        {
            await client.PublishAsync(new MqttMessage { Topic = topic, Qos = MqttQos.AtMostOnce }, CancellationToken.None);
            var packet = await server.ReadAsync<PublishPacket>();
            Assert.That((packet.Topic, packet.Properties?.TopicAlias), Is.EqualTo((onWire, alias)));
        }
    }

    [Test]
    public async Task Waiting_for_a_place_can_be_cancelled()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 1 });
        await using var a = server;
        await using var b = client;
        _ = Publish(client, "1");
        using var cancel = new CancellationTokenSource();
        var waiting = client.PublishAsync(new MqttMessage { Topic = "2" }, cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Qos_2_goes_through_its_four_packets()
    {
        // 4.3.3
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        var publish = Publish(client, "x", MqttQos.ExactlyOnce);
        var packet = await server.ReadAsync<PublishPacket>();
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubRec) { PacketId = packet.PacketId });
        Assert.That((await server.ReadAsync<PublishAckPacket>()).Type, Is.EqualTo(MqttPacketType.PubRel));
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubRec) { PacketId = packet.PacketId });
        Assert.That((await server.ReadAsync<PublishAckPacket>()).Type, Is.EqualTo(MqttPacketType.PubRel), "again for a repeated PUBREC");
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubComp) { PacketId = packet.PacketId });
        Assert.That((await publish).IsSuccess, Is.True);
    }

    [Test]
    public async Task Qos_2_that_is_refused_ends_at_pubrec()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        var publish = Publish(client, "x", MqttQos.ExactlyOnce);
        var packet = await server.ReadAsync<PublishPacket>();
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubRec) { PacketId = packet.PacketId, ReasonCode = MqttReasonCode.NotAuthorized });
        Assert.That((await publish).ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
    }

    [Test]
    public async Task Received_qos_2_message_is_delivered_once()
    {
        // [MQTT-4.3.3-10]
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        var message = new PublishPacket { Topic = "a", Qos = MqttQos.ExactlyOnce, PacketId = 9 };
        await server.SendAsync(message);
        await server.SendAsync(new PublishPacket { Topic = "a", Qos = MqttQos.ExactlyOnce, PacketId = 9, Duplicate = true });
        var incoming = await client.Incoming.ReadAsync();
        await client.AcknowledgeAsync(incoming, CancellationToken.None);
        Assert.That((await server.ReadAsync<PublishAckPacket>()).Type, Is.EqualTo(MqttPacketType.PubRec));
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubRel) { PacketId = 9 });
        Assert.That((await server.ReadAsync<PublishAckPacket>()).Type, Is.EqualTo(MqttPacketType.PubComp));
        await server.SendAsync(message);
        Assert.That((await client.Incoming.ReadAsync()).PacketId, Is.EqualTo(9), "after PUBREL the identifier is a new message");
    }

    [Test]
    public async Task Acknowledgements_leave_in_the_order_of_arrival()
    {
        // [MQTT-4.6.0-2]
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        await server.SendAsync(new PublishPacket { Topic = "a", Qos = MqttQos.AtLeastOnce, PacketId = 5 });
        await server.SendAsync(new PublishPacket { Topic = "a", Qos = MqttQos.AtLeastOnce, PacketId = 3 });
        var first = await client.Incoming.ReadAsync();
        var second = await client.Incoming.ReadAsync();
        await client.AcknowledgeAsync(second, CancellationToken.None);
        await client.AcknowledgeAsync(first, MqttReasonCode.PayloadFormatInvalid, CancellationToken.None);
        var ack = await server.ReadAsync<PublishAckPacket>();
        Assert.That((ack.PacketId, ack.ReasonCode), Is.EqualTo(((ushort)5, MqttReasonCode.PayloadFormatInvalid)));
        Assert.That((await server.ReadAsync<PublishAckPacket>()).PacketId, Is.EqualTo(3));
    }

    [Test]
    public async Task Server_that_sends_more_than_receive_maximum_is_left()
    {
        // [MQTT-3.3.4-9]
        var (server, client) = await ScriptedServer.ConnectedAsync(change: static o => new MqttClientOptions { Host = o.Host, OpenStream = o.OpenStream, ReceiveMaximum = 1 });
        await using var a = server;
        await using var b = client;
        await server.SendAsync(new PublishPacket { Topic = "a", Qos = MqttQos.AtLeastOnce, PacketId = 1 });
        await server.SendAsync(new PublishPacket { Topic = "a", Qos = MqttQos.AtLeastOnce, PacketId = 2 });
        Assert.That((await server.ReadAsync<DisconnectPacket>()).ReasonCode, Is.EqualTo(MqttReasonCode.ReceiveMaximumExceeded));
        await server.BreakAsync();
        Assert.That((await client.Completion.WaitAsync(Bound)).Cause, Is.EqualTo(MqttDisconnectCause.ProtocolError));
    }

    [Test]
    public async Task Topic_alias_of_the_server_stands_for_its_topic()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(change: static o => new MqttClientOptions { Host = o.Host, OpenStream = o.OpenStream, TopicAliasMaximum = 5 });
        await using var a = server;
        await using var b = client;
        await server.SendAsync(new PublishPacket { Topic = "long/topic", Properties = new MqttProperties { TopicAlias = 5 } });
        await server.SendAsync(new PublishPacket { Topic = string.Empty, Properties = new MqttProperties { TopicAlias = 5 } });
        Assert.That((await client.Incoming.ReadAsync()).Message.Topic, Is.EqualTo("long/topic"));
        Assert.That((await client.Incoming.ReadAsync()).Message.Topic, Is.EqualTo("long/topic"));
        await server.SendAsync(new PublishPacket { Topic = "x", Properties = new MqttProperties { TopicAlias = 6 } });
        Assert.That((await server.ReadAsync<DisconnectPacket>()).ReasonCode, Is.EqualTo(MqttReasonCode.TopicAliasInvalid));
    }

    [Test]
    public async Task What_the_server_does_not_support_is_not_sent()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { MaximumQos = 1, RetainAvailable = false, MaximumPacketSize = 100 });
        await using var a = server;
        await using var b = client;
        Assert.That(Refusal(new MqttMessage { Topic = "a", Qos = MqttQos.ExactlyOnce }), Is.EqualTo(MqttReasonCode.QosNotSupported));
        Assert.That(Refusal(new MqttMessage { Topic = "a", Retain = true }), Is.EqualTo(MqttReasonCode.RetainNotSupported));
        Assert.That(Refusal(new MqttMessage { Topic = "a", Payload = new byte[100] }), Is.EqualTo(MqttReasonCode.PacketTooLarge));
        Assert.That(Refusal(new MqttMessage { Topic = "a", ContentType = new string('t', 90) }), Is.EqualTo(MqttReasonCode.PacketTooLarge));
        Assert.That(Assert.ThrowsAsync<ArgumentException>(async () => await client.PublishAsync(new MqttMessage { Topic = "a/#" }, CancellationToken.None)), Is.Not.Null);

        MqttReasonCode Refusal(MqttMessage message) =>
            Assert.ThrowsAsync<MqttProtocolException>(async () => await client.PublishAsync(message, CancellationToken.None)).ReasonCode;
    }

    [Test]
    public async Task Packet_of_exactly_the_servers_maximum_is_sent_and_one_byte_more_is_not()
    {
        // [MQTT-3.2.2-15]
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { MaximumPacketSize = 60 });
        await using var a = server;
        await using var b = client;

        // Type and length, topic with its length, identifier, property length: 2 + 3 + 2 + 1.
        _ = client.PublishAsync(new MqttMessage { Topic = "a", Payload = new byte[52] }, CancellationToken.None).AsTask();
        Assert.That((await server.ReadAsync<PublishPacket>()).Payload.Length, Is.EqualTo(52));
        var error = Assert.ThrowsAsync<MqttProtocolException>(async () => await client.PublishAsync(new MqttMessage { Topic = "a", Payload = new byte[53] }, CancellationToken.None));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.PacketTooLarge));
    }

    [TestCase("$share/g/a", null, MqttReasonCode.SharedSubscriptionsNotSupported)]
    [TestCase("a/+", null, MqttReasonCode.WildcardSubscriptionsNotSupported)]
    [TestCase("#", null, MqttReasonCode.WildcardSubscriptionsNotSupported)]
    [TestCase("a", 1u, MqttReasonCode.SubscriptionIdentifiersNotSupported)]
    public async Task Subscription_that_the_server_does_not_support_is_not_sent(string filter, uint? identifier, MqttReasonCode code)
    {
        // 3.2.2.3.11 to 3.2.2.3.13
        var (server, client) = await ScriptedServer.ConnectedAsync(
            new MqttProperties { SharedSubscriptionAvailable = false, WildcardSubscriptionAvailable = false, SubscriptionIdentifierAvailable = false });
        await using var a = server;
        await using var b = client;
        var error = Assert.ThrowsAsync<MqttProtocolException>(() => client.SubscribeAsync([new MqttSubscription(filter)], identifier, CancellationToken.None));
        Assert.That(error.ReasonCode, Is.EqualTo(code));
        _ = client.SubscribeAsync([new MqttSubscription("a")], CancellationToken.None);
        Assert.That((await server.ReadAsync<SubscribePacket>()).Subscriptions[0].Filter, Is.EqualTo("a"));
    }

    [Test]
    public async Task Message_that_cannot_be_written_takes_no_place()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 1 });
        await using var a = server;
        await using var b = client;
        Assert.ThrowsAsync<ArgumentException>(async () => await client.PublishAsync(new MqttMessage { Topic = "a", ContentType = "\0" }, CancellationToken.None));
        var publish = Publish(client, "b");
        var packet = await server.ReadAsync<PublishPacket>();
        Assert.That(packet.Topic, Is.EqualTo("b"));
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = packet.PacketId });
        Assert.That((await publish).IsSuccess, Is.True);
    }

    private static Task<MqttPublishResult> Publish(MqttClient client, string topic, MqttQos qos = MqttQos.AtLeastOnce) =>
        client.PublishAsync(new MqttMessage { Topic = topic, Qos = qos }, CancellationToken.None).AsTask();
}
