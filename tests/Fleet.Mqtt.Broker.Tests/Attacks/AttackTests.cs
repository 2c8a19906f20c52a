using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Attacks;

/// <summary>What strangers and bad clients try, each with the bound that holds against it.</summary>
[TestFixture]
public sealed class AttackTests
{
    private const string Connect5 = "10 0E 0004 4D515454 05 02 0000 00 0001 70";
    private const int ConnAck5 = 16;

    [Test]
    public async Task Silent_socket_is_closed_after_the_connect_timeout()
    {
        var clock = new TestClock();
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, clock);
        using var silent = broker.Raw();
        using var slow = broker.Raw();
        slow.Send("10 0E 0004 4D51");
        using var good = broker.Raw();
        good.Send(Connect5);
        good.Read(ConnAck5);
        clock.Advance(TimeSpan.FromSeconds(4));
        slow.Send("54");
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(6));
                return silent.Receive(new byte[1]) == 0 && slow.Receive(new byte[1]) == 0;
            },
            "both are closed");
        good.ExpectAlive();
    }

    [Test]
    public async Task Stranger_who_speaks_something_else_is_closed_at_the_first_byte()
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Send("47");
        raw.ExpectClosed();
    }

    [Test]
    public async Task Unauthenticated_flood_costs_little_and_lets_others_in()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumConnectionsPerAddress = 300 });
        var flood = Enumerable.Range(0, 250).Select(_ => broker.Raw()).ToList();
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        flood.ForEach(static r => r.Send("10 FF FF"));
        var client = await broker.ConnectAsync("c");
        Assert.That((await client.PublishAsync("a", "x")).IsSuccess, Is.True);
        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(250 * 32 * 1024));
        flood.ForEach(static r => r.Dispose());
    }

    [Test]
    public async Task Connections_beyond_the_limits_are_closed_at_once()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumConnectionsPerAddress = 2 });
        var first = await broker.ConnectAsync("a");
        await broker.ConnectAsync("b");
        using (var third = broker.Raw())
        {
            third.ExpectClosed();
        }

        await first.DisconnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 1, "one place is free");
        await Eventually.TrueAsync(() => CanConnectAsync(broker), "the place is given again");
    }

    [Test]
    public async Task Endpoint_keeps_to_its_own_limits()
    {
        var clock = new TestClock();
        await using var broker = await TestBroker.StartAsync(
            time: clock, listener: new MqttListener { MaximumConnections = 2, ConnectRate = 2, ConnectTimeout = TimeSpan.FromSeconds(1), MaximumPacketSize = 1000 });
        using (var silent = broker.Raw())
        {
            await broker.ConnectAsync("first");
            using var third = broker.Raw();
            third.ExpectClosed();
            await Eventually.TrueAsync(
                () =>
                {
                    clock.Advance(TimeSpan.FromSeconds(2));
                    return silent.Receive(new byte[1]) == 0;
                },
                "one second is over");
        }

        // The silent one has heard that it is over a moment before its place is free.
        MqttClient? second = null;
        await Eventually.TrueAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                try
                {
                    second = await broker.ConnectAsync("second");
                    return true;
                }
                catch (MqttConnectException)
                {
                    return false;
                }
            },
            "the silent one's place is free");
        Assert.ThrowsAsync<MqttProtocolException>(async () => await second!.PublishAsync("a", new string('x', 2000)));
        await second!.DisconnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 1, "a place is free");
        await broker.ConnectAsync("burst");
        await broker.Broker.DisconnectClientAsync("burst", MqttReasonCode.AdministrativeAction, CancellationToken.None);
        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 1, "a place is free again");
        var error = Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync("too fast"));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.ConnectionRateExceeded));
    }

    [Test]
    public async Task Connect_storm_is_told_to_slow_down()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ConnectRate = 5 }, new TestClock());
        for (var i = 0; i < 5; i++)
        {
            await broker.ConnectAsync($"c{i}");
        }

        var error = Assert.ThrowsAsync<MqttConnectException>(() => broker.ConnectAsync("late"));
        Assert.That(error.ReasonCode, Is.EqualTo(MqttReasonCode.ConnectionRateExceeded));
    }

    [Test]
    public async Task Remaining_length_bomb_is_refused_before_its_body()
    {
        await using var broker = await TestBroker.StartAsync();
        using (var stranger = broker.Raw())
        {
            stranger.Send("10 FF FF FF 7F");
            stranger.ExpectClosed();
        }

        using var client = broker.Raw();
        client.Send(Connect5);
        client.Read(ConnAck5);
        client.Send("30 FF FF FF 7F").Expect("E0 01 95").ExpectClosed();
    }

    [Test]
    public async Task Sixty_five_thousand_user_properties_are_refused()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumPacketSize = 4 * 1024 * 1024 });
        var client = await broker.ConnectAsync("c");
        var message = new MqttMessage { Topic = "a", UserProperties = [.. Enumerable.Repeat(new MqttUserProperty("a", "b"), 65_535)] };
        Assert.ThrowsAsync<MqttConnectionLostException>(async () => await client.PublishAsync(message, CancellationToken.None));
        Assert.That((await client.EndAsync()).ReasonCode, Is.EqualTo(MqttReasonCode.PacketTooLarge));
    }

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
        raw.Send(Connect5);
        raw.Read(ConnAck5);
        raw.Send("34 07 0001 61 0001 00 78 34 07 0001 61 0002 00 78").Expect("50 02 0001 50 02 0002");
        raw.Send("34 07 0001 61 0003 00 78").Expect("E0 01 93").ExpectClosed();
    }

    [Test]
    public async Task Client_that_goes_on_sending_still_reads_why_it_is_closed()
    {
        // Over unread bytes the close would be a reset, and the reason lost.
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ReceiveMaximum = 2 });
        using var raw = broker.Raw();
        raw.Send(Connect5);
        raw.Read(ConnAck5);
        raw.Send("34 07 0001 61 0001 00 78 34 07 0001 61 0002 00 78 34 07 0001 61 0003 00 78");
        for (var i = 0; i < 20; i++)
        {
            raw.Send(new PublishPacket { Topic = "a", Payload = new byte[10_000] });
        }

        raw.Expect("50 02 0001 50 02 0002 E0 01 93").ExpectClosed();
    }

    [Test]
    public async Task Refused_client_that_did_not_wait_for_its_answer_gets_it()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumQos = MqttQos.AtLeastOnce });
        using var raw = broker.Raw();
        raw.Send(new ConnectPacket { Version = MqttVersion.V5, ClientId = "c", Will = new WillMessage { Topic = "w", Qos = MqttQos.ExactlyOnce } });
        for (var i = 0; i < 20; i++)
        {
            raw.Send(new PublishPacket { Topic = "a", Payload = new byte[10_000] });
        }

        Assert.That(raw.Next<ConnAckPacket>().ReasonCode, Is.EqualTo(MqttReasonCode.QosNotSupported));
        raw.ExpectClosed();
    }

    [Test]
    public async Task Flood_after_the_last_word_is_not_listened_to_for_ever()
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "c" });
        raw.Send("20 02 00 00");
        var start = TimeProvider.System.GetTimestamp();
        Assert.That(
            () =>
            {
                while (TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
                {
                    raw.Send(new PublishPacket { Topic = "a", Payload = new byte[1000] });
                }
            },
            Throws.InstanceOf<System.Net.Sockets.SocketException>(),
            "one second, then the connection is closed");
    }

    [Test]
    public async Task Client_gets_no_more_than_its_receive_maximum_at_once()
    {
        // [MQTT-3.3.4-9] of the server
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Send("10 11 0004 4D515454 05 02 0000 03 210002 0001 70");
        raw.Read(ConnAck5);
        raw.Send("82 07 0001 00 0001 61 01").Expect("90 04 0001 00 01");
        var publisher = await broker.ConnectAsync("pub");
        for (var i = 0; i < 5; i++)
        {
            await publisher.PublishAsync("a", $"{i}");
        }

        raw.Expect("32 07 0001 61 0001 00 30 32 07 0001 61 0002 00 31");
        raw.ExpectAlive();
        raw.Send("40 02 0001").Expect("32 07 0001 61 0003 00 32");
        raw.Send("40 02 0002 40 02 0003").Expect("32 07 0001 61 0004 00 33 32 07 0001 61 0005 00 34");
    }

    [Test]
    public async Task Subscriber_that_does_not_acknowledge_holds_its_publishers_back_and_loses_nothing()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumQueuedMessages = 10, MaximumInFlight = 5, HoldPatience = TimeSpan.FromMinutes(1) });
        var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");
        var publisher = await broker.ConnectAsync("p");
        var publishes = Enumerable.Range(0, 100).Select(i => publisher.PublishAsync("a", $"{i}").AsTask()).ToArray();
        await Eventually.TrueAsync(() => publishes.Count(static p => p.IsCompleted) == 15, "as many as fit are accepted");
        for (var i = 0; i < 100; i++)
        {
            Assert.That(await subscriber.NextTextAsync(), Is.EqualTo($"{i}"));
        }

        Assert.That((await Task.WhenAll(publishes)).All(static p => p.IsSuccess), Is.True);
    }

    [Test]
    public async Task Publisher_is_told_when_patience_ends()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumQueuedMessages = 1, MaximumInFlight = 1, HoldPatience = TimeSpan.FromMilliseconds(50) });
        var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");
        var publisher = await broker.ConnectAsync("p");
        await publisher.PublishAsync("a", "in flight");
        await publisher.PublishAsync("a", "queued");
        Assert.That((await publisher.PublishAsync("a", "too many")).ReasonCode, Is.EqualTo(MqttReasonCode.QuotaExceeded));
    }

    [Test]
    public async Task Client_that_floods_itself_does_not_block_itself()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumQueuedMessages = 1, MaximumInFlight = 1 });
        var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        var codes = new List<MqttReasonCode>();
        for (var i = 0; i < 4; i++)
        {
            codes.Add((await client.PublishAsync("a", $"{i}")).ReasonCode);
        }

        Assert.That(codes, Is.EqualTo([MqttReasonCode.Success, MqttReasonCode.Success, MqttReasonCode.QuotaExceeded, MqttReasonCode.QuotaExceeded]));
    }

    [TestCase(MqttOverflow.DropOldest, "2", "3")]
    [TestCase(MqttOverflow.DropNewest, "0", "1")]
    public async Task Queue_of_an_absent_client_keeps_to_its_rule(MqttOverflow rule, string first, string second)
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumQueuedMessages = 2, OfflineOverflow = rule });
        MqttClientOptions keeping = new() { Host = "127.0.0.1", Port = broker.Port, ClientId = "k", CleanStart = false, SessionExpiry = TimeSpan.FromHours(1) };
        await using (var client = await broker.ConnectAsync(keeping))
        {
            await client.SubscribeAsync("a");
            await client.DisconnectAsync(CancellationToken.None);
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 0, "gone");
        var publisher = await broker.ConnectAsync("p");
        for (var i = 0; i < 4; i++)
        {
            await publisher.PublishAsync("a", $"{i}");
        }

        var again = await broker.ConnectAsync(keeping);
        Assert.That((await again.NextTextAsync(), await again.NextTextAsync()), Is.EqualTo((first, second)));
        await again.ExpectNothingAsync();
    }

    [Test]
    public async Task Retained_messages_stop_at_their_limit()
    {
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumRetainedMessages = 3 });
        var client = await broker.ConnectAsync("c");
        var codes = new List<MqttReasonCode>();
        for (var i = 0; i < 5; i++)
        {
            codes.Add((await client.PublishAsync($"r/{i}", "x", retain: true)).ReasonCode);
        }

        Assert.That(codes.Count(static c => c == MqttReasonCode.QuotaExceeded), Is.EqualTo(2));
        Assert.That((await client.PublishAsync("r/0", "y", retain: true)).IsSuccess, Is.True, "replacing is not one more");
    }

    [Test]
    public async Task Client_that_never_reads_costs_no_more_than_its_queues()
    {
        await using var broker = await TestBroker.StartAsync();
        using var deaf = broker.Raw();
        deaf.Send(Connect5);
        deaf.Read(ConnAck5);
        deaf.Send("82 07 0001 00 0001 61 00").Expect("90 04 0001 00 00");
        var publisher = await broker.ConnectAsync("p");
        var payload = new byte[100_000];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 500; i++)
        {
            await publisher.PublishAsync(new MqttMessage { Topic = "a", Payload = payload, Qos = MqttQos.AtLeastOnce }, CancellationToken.None);
        }

        Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(8 * 1024 * 1024), "50 MB were published to it");
        Assert.That(publisher.IsConnected, Is.True);
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

    [Test]
    public async Task Packet_type_of_the_server_ends_the_connection([Values(2, 9, 11, 13, 15)] int type)
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Send(Connect5);
        raw.Read(ConnAck5);
        raw.Send([(byte)(type << 4), 0]);
        raw.Expect("E0 01 82").ExpectClosed();
        Assert.That(Enum.IsDefined((MqttPacketType)type), Is.True);
    }

    private static async Task<bool> CanConnectAsync(TestBroker broker)
    {
        try
        {
            await broker.ConnectAsync("d");
            return true;
        }
        catch (MqttConnectException)
        {
            return false;
        }
    }
}
