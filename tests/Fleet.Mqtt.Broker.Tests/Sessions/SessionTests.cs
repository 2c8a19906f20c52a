using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Sessions;

[TestFixture]
public sealed class SessionTests
{
    private TestClock _clock = null!;
    private TestBroker _broker = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _clock = new TestClock();
        _broker = await TestBroker.StartAsync(time: _clock);
    }

    [TearDown]
    public async Task StopAsync() => await _broker.DisposeAsync();

    [Test]
    public async Task Session_that_is_kept_gets_what_came_meanwhile()
    {
        // [MQTT-4.4.0-1] [MQTT-3.1.2-5]
        await using (var first = await _broker.ConnectAsync(Keeping("k", cleanStart: true)))
        {
            await first.SubscribeAsync("a/#", MqttQos.AtLeastOnce);
            await first.DisconnectAsync(CancellationToken.None);
        }

        var other = await _broker.ConnectAsync("o");
        await other.PublishAsync("a/1", "one");
        await other.PublishAsync("a/2", "lost", MqttQos.AtMostOnce);
        await other.PublishAsync("a/3", "two", MqttQos.ExactlyOnce);
        var again = await _broker.ConnectAsync(Keeping("k"));
        Assert.That(await again.NextTextAsync(), Is.EqualTo("one"));
        Assert.That(await again.NextTextAsync(), Is.EqualTo("two"));
    }

    [Test]
    public async Task Clean_start_forgets_the_session()
    {
        // [MQTT-3.1.2-4] [MQTT-3.2.2-2]
        await using (var first = await _broker.ConnectAsync(Keeping("k", cleanStart: true)))
        {
            await first.SubscribeAsync("a");
        }

        var fresh = new MqttClient(Keeping("k", cleanStart: true), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<MqttClient>.Instance);
        await using (fresh)
        {
            var result = await fresh.ConnectAsync(CancellationToken.None);
            Assert.That(result.SessionPresent, Is.False);
            await fresh.PublishAsync("a", "x");
            await fresh.ExpectNothingAsync();
        }
    }

    [Test]
    public async Task Session_without_expiry_ends_with_its_connection()
    {
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        await client.DisconnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _broker.Broker.SessionCount == 0, "the session is gone");
    }

    [Test]
    public async Task Session_expires_after_its_interval()
    {
        // 3.1.2.11.2
        await using (var client = await _broker.ConnectAsync(Keeping("k", expiry: TimeSpan.FromSeconds(100))))
        {
            await client.DisconnectAsync(CancellationToken.None);
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 0, "disconnected");
        _clock.Advance(TimeSpan.FromSeconds(99));
        Assert.That(_broker.Broker.SessionCount, Is.EqualTo(1));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(_broker.Broker.SessionCount, Is.Zero);
    }

    [Test]
    public async Task Jump_of_the_wall_clock_expires_nothing()
    {
        await using (var client = await _broker.ConnectAsync(Keeping("k", expiry: TimeSpan.FromSeconds(100))))
        {
            await client.DisconnectAsync(CancellationToken.None);
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 0, "disconnected");
        _clock.SetWallClock(TestClock.Start.AddYears(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_broker.Broker.SessionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Message_expires_while_it_waits()
    {
        // [MQTT-3.3.2-5] [MQTT-3.3.2-6]
        await using (var first = await _broker.ConnectAsync(Keeping("k", cleanStart: true)))
        {
            await first.SubscribeAsync("a");
            await first.DisconnectAsync(CancellationToken.None);
        }

        var other = await _broker.ConnectAsync("o");
        await other.PublishAsync(new MqttMessage { Topic = "a", Payload = "short"u8.ToArray(), ExpirySeconds = 5 }, CancellationToken.None);
        await other.PublishAsync(new MqttMessage { Topic = "a", Payload = "long"u8.ToArray(), ExpirySeconds = 50 }, CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var again = await _broker.ConnectAsync(Keeping("k"));
        var incoming = await again.NextAsync();
        Assert.That((incoming.Text(), incoming.Message.ExpirySeconds), Is.EqualTo(("long", (uint?)40)));
    }

    [Test]
    public async Task Message_in_flight_does_not_expire()
    {
        // [MQTT-4.3.3-7] [MQTT-4.3.3-13]
        await using (var first = await _broker.ConnectAsync(Keeping("k", cleanStart: true)))
        {
            await first.SubscribeAsync("a");
            await _broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = "x"u8.ToArray(), Qos = MqttQos.ExactlyOnce, ExpirySeconds = 5 }, CancellationToken.None);
            await first.NextUnacknowledgedAsync();
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 0, "disconnected");
        _clock.Advance(TimeSpan.FromSeconds(10));
        var again = await _broker.ConnectAsync(Keeping("k"));
        Assert.That(await again.NextTextAsync(), Is.EqualTo("x"));
        await again.ExpectNothingAsync();
    }

    [Test]
    public async Task Unacknowledged_message_is_sent_again_with_dup_and_its_identifier()
    {
        // [MQTT-4.4.0-1] [MQTT-3.3.1-1]
        ushort packetId;
        await using (var first = await _broker.ConnectAsync(Keeping("k", cleanStart: true)))
        {
            await first.SubscribeAsync("a");
            await _broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = "x"u8.ToArray() }, CancellationToken.None);
            packetId = (await first.NextUnacknowledgedAsync()).PacketId;
        }

        var again = await _broker.ConnectAsync(Keeping("k"));
        var incoming = await again.NextAsync();
        Assert.That((incoming.PacketId, incoming.Duplicate, incoming.Text()), Is.EqualTo((packetId, true, "x")));
        await again.ExpectNothingAsync();
    }

    [Test]
    public async Task Message_of_qos_2_is_released_again_after_a_reconnect()
    {
        await using (var first = await _broker.ConnectAsync(Keeping("k", cleanStart: true)))
        {
            await first.SubscribeAsync("a");
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 0, "disconnected");
        await _broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = "x"u8.ToArray(), Qos = MqttQos.ExactlyOnce }, CancellationToken.None);
        using (var raw = _broker.Raw())
        {
            raw.Send("10 13 0004 4D515454 05 00 0000 05 11 00000064 0001 6B");
            raw.Read(2 + 3);
            ReadRestOfConnAck(raw);
            raw.Expect("34 07 0001 61 0001 00 78").Send("50 02 0001").Expect("62 02 0001");
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 0, "disconnected");
        using var again = _broker.Raw();
        again.Send("10 13 0004 4D515454 05 00 0000 05 11 00000064 0001 6B");
        again.Read(2 + 3);
        ReadRestOfConnAck(again);
        again.Expect("62 02 0001").Send("70 02 0001");
        again.ExpectAlive();
    }

    [Test]
    public async Task Second_connection_takes_the_session_over()
    {
        // [MQTT-3.1.4-3]
        var first = await _broker.ConnectAsync(Keeping("k"));
        await first.SubscribeAsync("a");
        var second = await _broker.ConnectAsync(Keeping("k"));
        var end = await first.EndAsync();
        Assert.That((end.Cause, end.ReasonCode), Is.EqualTo((MqttDisconnectCause.ByServer, MqttReasonCode.SessionTakenOver)));
        await second.PublishAsync("a", "x");
        Assert.That(await second.NextTextAsync(), Is.EqualTo("x"));
        Assert.That(_broker.Broker.Connections, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Many_connections_with_one_identifier_leave_exactly_one()
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _broker.ConnectAsync(Keeping("k"))));
        await Eventually.TrueAsync(() => clients.Count(static c => c.IsConnected) == 1, "one is left");
        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 1, "the broker sees one");
        Assert.That(_broker.Broker.SessionCount, Is.EqualTo(1));
    }

    [Test]
    public async Task Empty_identifier_is_assigned_one()
    {
        // [MQTT-3.1.3-6] [MQTT-3.2.2-16]
        await using var client = new MqttClient(_broker.Options(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<MqttClient>.Instance);
        var result = await client.ConnectAsync(CancellationToken.None);
        Assert.That(result.Properties.AssignedClientIdentifier, Is.Not.Empty);
        Assert.That(_broker.Broker.Connections.Single().ClientId, Is.EqualTo(result.Properties.AssignedClientIdentifier));
    }

    [Test]
    public async Task Silent_client_is_told_and_closed()
    {
        // [MQTT-3.1.2-22]
        using var raw = _broker.Raw();
        raw.Send("10 0E 0004 4D515454 05 02 000A 00 0001 70");
        raw.Read(5);
        ReadRestOfConnAck(raw);
        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 1, "connected");
        _clock.Advance(TimeSpan.FromSeconds(14.5));
        raw.ExpectAlive();
        _clock.Advance(TimeSpan.FromSeconds(16));
        raw.Expect("E0 01 8D").ExpectClosed();
    }

    [Test]
    public async Task Client_pings_often_enough_to_stay()
    {
        var options = _broker.Options("c");
        var client = await _broker.ConnectAsync(new MqttClientOptions { Host = options.Host, Port = options.Port, ClientId = "c", KeepAlive = TimeSpan.FromSeconds(10) }, _clock);
        for (var i = 0; i < 20; i++)
        {
            await _clock.WaitForTimersAsync(2, CancellationToken.None);
            _clock.Advance(TimeSpan.FromSeconds(4));
            await client.PublishAsync("a", "still here");
        }

        Assert.That(client.IsConnected, Is.True);
    }

    [Test]
    public async Task Message_that_may_not_wait_reaches_who_is_there([Values] MqttQos qos)
    {
        // 3.3.2.3.3: with an interval of 0 it expires unless its delivery begins at once.
        var client = await _broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        await client.PublishAsync(new MqttMessage { Topic = "a", Payload = "now"u8.ToArray(), Qos = qos, ExpirySeconds = 0 }, CancellationToken.None);
        Assert.That(await client.NextTextAsync(), Is.EqualTo("now"));
    }

    [Test]
    public async Task Longer_session_than_allowed_is_cut_and_told()
    {
        // [MQTT-3.2.2-9] is the client's side of it
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumSessionExpiry = TimeSpan.FromSeconds(60) });
        await using var client = new MqttClient(
            new MqttClientOptions { Host = "127.0.0.1", Port = broker.Port, SessionExpiry = TimeSpan.FromHours(1) },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<MqttClient>.Instance);
        var result = await client.ConnectAsync(CancellationToken.None);
        Assert.That(result.Properties.SessionExpiryInterval, Is.EqualTo(60));
    }

    [Test]
    public async Task Graceful_stop_tells_the_clients()
    {
        await using var broker = await TestBroker.StartAsync();
        var client = await broker.ConnectAsync("c");
        await broker.StopAsync();
        var end = await client.EndAsync();
        Assert.That((end.Cause, end.ReasonCode), Is.EqualTo((MqttDisconnectCause.ByServer, MqttReasonCode.ServerShuttingDown)));
    }

    [Test]
    public async Task Graceful_stop_names_the_other_server()
    {
        // 4.11
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ServerReference = "other.example:8883" });
        var client = await broker.ConnectAsync("c");
        await broker.StopAsync();
        var end = await client.EndAsync();
        Assert.That((end.ReasonCode, end.ServerReference), Is.EqualTo((MqttReasonCode.ServerMoved, "other.example:8883")));
    }

    private static void ReadRestOfConnAck(RawMqtt raw)
    {
        // Type, length, flags, code and property length were read; the properties of the default options follow: alias, receive maximum, packet size.
        raw.Read(3 + 3 + 5);
    }

    private MqttClientOptions Keeping(string id, bool cleanStart = false, TimeSpan? expiry = null) => new()
    {
        Host = "127.0.0.1",
        Port = _broker.Port,
        ClientId = id,
        CleanStart = cleanStart,
        SessionExpiry = expiry ?? TimeSpan.FromSeconds(100),
    };
}
