using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Attacks;

/// <summary>What strangers and bad clients try, each with the bound that holds against it.</summary>
[TestFixture]
public sealed class AttackTests
{
    [Test]
    public async Task Silent_socket_is_closed_after_the_connect_timeout()
    {
        var clock = new TestClock();
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, clock);
        using var silent = broker.Raw();
        using var slow = broker.Raw();
        slow.Send("10 0E 0004 4D51");
        using var good = broker.Raw();
        good.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p" });
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
        client.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p" });
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

    [Test]
    public async Task Client_that_goes_on_sending_still_reads_why_it_is_closed()
    {
        // Over unread bytes the close would be a reset, and the reason lost.
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ReceiveMaximum = 2 });
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p" });
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
