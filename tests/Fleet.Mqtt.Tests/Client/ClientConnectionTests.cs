using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;
using Fleet.Testing;

namespace Fleet.Mqtt.Tests.Client;

/// <summary>The client against a server that does what the test says, good and bad.</summary>
[TestFixture]
public sealed class ClientConnectionTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Connect_says_what_the_options_say()
    {
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(new MqttClientOptions
        {
            Host = "scripted",
            OpenStream = server.Open,
            ClientId = "t1",
            CleanStart = false,
            SessionExpiry = TimeSpan.FromHours(1),
            KeepAlive = TimeSpan.FromSeconds(30),
            UserName = "u",
            Password = "p"u8.ToArray(),
            ReceiveMaximum = 7,
            MaximumPacketSize = 5000,
            TopicAliasMaximum = 3,
            Will = new MqttMessage { Topic = "w", Payload = "gone"u8.ToArray(), Retain = true, ContentType = "text" },
            WillDelay = TimeSpan.FromSeconds(9),
            RequestProblemInformation = false,
            RequestResponseInformation = true,
        });
        _ = client.ConnectAsync(CancellationToken.None);
        var connect = await server.ReadAsync<ConnectPacket>();
        Assert.That((connect.ClientId, connect.CleanStart, connect.KeepAlive, connect.UserName), Is.EqualTo(("t1", false, (ushort)30, "u")));
        Assert.That((connect.Properties!.SessionExpiryInterval, connect.Properties.ReceiveMaximum, connect.Properties.MaximumPacketSize, connect.Properties.TopicAliasMaximum),
            Is.EqualTo(((uint?)3600, (ushort?)7, (uint?)5000, (ushort?)3)));
        Assert.That((connect.Properties.RequestProblemInformation, connect.Properties.RequestResponseInformation), Is.EqualTo(((bool?)false, (bool?)true)));
        Assert.That((connect.Will!.Topic, connect.Will.Retain, connect.Will.Properties!.WillDelayInterval, connect.Will.Properties.ContentType),
            Is.EqualTo(("w", true, (uint?)9, "text")));
        await server.SendAsync(new ConnAckPacket());
    }

    [TestCase("30 FF FF FF 7F", MqttReasonCode.PacketTooLarge)]
    [TestCase("36 03 0001 61", MqttReasonCode.MalformedPacket)]
    [TestCase("82 07 0001 00 0001 70 00", MqttReasonCode.ProtocolError)]
    [TestCase("20 03 00 00 00", MqttReasonCode.ProtocolError)]
    public async Task Server_that_breaks_the_protocol_is_told_and_left(string hex, MqttReasonCode code)
    {
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        await server.SendAsync(hex);
        Assert.That((await server.ReadAsync<DisconnectPacket>()).ReasonCode, Is.EqualTo(code));
        await server.BreakAsync();
        var end = await client.Completion.WaitAsync(Bound);
        Assert.That((end.Cause, end.ReasonCode), Is.EqualTo((MqttDisconnectCause.ProtocolError, code)));
    }

    [Test]
    public async Task Everybody_who_waits_is_told_when_the_connection_breaks()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 10 });
        await using var a = server;
        await using var b = client;
        var publish = Publish(client, "x");
        var subscribe = client.SubscribeAsync([new MqttSubscription("a")], CancellationToken.None);
        await server.ReadAsync<PublishPacket>();
        await server.ReadAsync<SubscribePacket>();
        await server.BreakAsync();
        Assert.That((await client.Completion.WaitAsync(Bound)).Cause, Is.EqualTo(MqttDisconnectCause.ConnectionLost));
        Assert.ThrowsAsync<MqttConnectionLostException>(() => publish);
        Assert.ThrowsAsync<MqttConnectionLostException>(() => subscribe);
        Assert.That(await client.Incoming.WaitToReadAsync(), Is.False);
    }

    [Test]
    public async Task Disconnect_of_the_server_tells_reason_and_reference()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        await server.SendAsync(new DisconnectPacket
        {
            ReasonCode = MqttReasonCode.ServerMoved,
            Properties = new MqttProperties { ServerReference = "elsewhere", ReasonString = "moved" },
        });
        Assert.That(await client.Completion.WaitAsync(Bound), Is.EqualTo(new MqttDisconnect(MqttDisconnectCause.ByServer, MqttReasonCode.ServerMoved, "moved", "elsewhere")));
    }

    [Test]
    public async Task Refused_connect_tells_the_reason()
    {
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(server.Options());
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        await server.SendAsync(new ConnAckPacket { ReasonCode = MqttReasonCode.UseAnotherServer, Properties = new MqttProperties { ServerReference = "b:1" } });
        var error = Assert.ThrowsAsync<MqttConnectException>(() => connecting);
        Assert.That((error.ReasonCode, error.ServerReference), Is.EqualTo((MqttReasonCode.UseAnotherServer, "b:1")));
    }

    [Test]
    public async Task Server_that_does_not_answer_connect_is_given_up()
    {
        var clock = new TestClock();
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(server.Options(), clock);
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        clock.Advance(TimeSpan.FromSeconds(31));
        var error = Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Bound));
        Assert.That(error.ReasonCode, Is.Null);
    }

    [Test]
    public async Task Server_that_does_not_answer_a_ping_is_left()
    {
        var clock = new TestClock();
        var (server, client) = await ScriptedServer.ConnectedAsync(time: clock);
        await using var a = server;
        await using var b = client;
        await clock.WaitForTimersAsync(1, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(46));
        await server.ReadAsync<PingReqPacket>();
        await clock.WaitForTimersAsync(1, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.That((await server.ReadAsync<DisconnectPacket>()).ReasonCode, Is.EqualTo(MqttReasonCode.KeepAliveTimeout));
        await server.BreakAsync();
        Assert.That((await client.Completion.WaitAsync(Bound)).Cause, Is.EqualTo(MqttDisconnectCause.KeepAliveTimeout));
    }

    [Test]
    public async Task Keep_alive_of_the_server_wins()
    {
        // [MQTT-3.2.2-21]
        var clock = new TestClock();
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ServerKeepAlive = 4 }, time: clock);
        await using var a = server;
        await using var b = client;
        await clock.WaitForTimersAsync(1, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(3.5));
        await server.ReadAsync<PingReqPacket>();
        await server.SendAsync(PingRespPacket.Instance);
    }

    [Test]
    public async Task Unfinished_messages_are_sent_again_when_the_session_is_resumed()
    {
        // [MQTT-4.4.0-1] [MQTT-4.6.0-1]
        var session = new MqttClientSession();
        var (first, lost) = await ScriptedServer.ConnectedAsync(change: o => With(o, session));
        var one = Publish(lost, "1");
        var two = Publish(lost, "2", MqttQos.ExactlyOnce);
        var firstId = (await first.ReadAsync<PublishPacket>()).PacketId;
        var secondId = (await first.ReadAsync<PublishPacket>()).PacketId;
        await first.SendAsync(new PublishAckPacket(MqttPacketType.PubRec) { PacketId = secondId });
        await first.ReadAsync<PublishAckPacket>();
        await first.DisposeAsync();
        await lost.Completion.WaitAsync(Bound);
        Assert.ThrowsAsync<MqttConnectionLostException>(() => one);
        Assert.ThrowsAsync<MqttConnectionLostException>(() => two);
        await lost.DisposeAsync();

        var (second, again) = await ScriptedServer.ConnectedAsync(change: o => With(o, session), sessionPresent: true);
        var resent = await second.ReadAsync<PublishPacket>();
        Assert.That((resent.PacketId, resent.Duplicate, resent.Topic), Is.EqualTo((firstId, true, "1")));
        var release = await second.ReadAsync<PublishAckPacket>();
        Assert.That((release.Type, release.PacketId), Is.EqualTo((MqttPacketType.PubRel, secondId)));
        await second.SendAsync(new PublishAckPacket(MqttPacketType.PubComp) { PacketId = secondId });
        await second.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = firstId });
        await Eventually.TrueAsync(() => session.InFlight == 0, "both are finished");
        await again.DisposeAsync();
        await second.DisposeAsync();
    }

    [Test]
    public async Task Session_that_the_server_lost_is_forgotten()
    {
        var session = new MqttClientSession();
        var (first, lost) = await ScriptedServer.ConnectedAsync(change: o => With(o, session));
        _ = Publish(lost, "1");
        await first.ReadAsync<PublishPacket>();
        await first.DisposeAsync();
        await lost.Completion.WaitAsync(Bound);
        var (second, again) = await ScriptedServer.ConnectedAsync(change: o => With(o, session));
        Assert.That(session.InFlight, Is.Zero);
        await again.DisposeAsync();
        await second.DisposeAsync();
        await lost.DisposeAsync();
    }

    private static Task<MqttPublishResult> Publish(MqttClient client, string topic, MqttQos qos = MqttQos.AtLeastOnce) =>
        client.PublishAsync(new MqttMessage { Topic = topic, Qos = qos }, CancellationToken.None).AsTask();

    private static MqttClientOptions With(MqttClientOptions options, MqttClientSession session) =>
        new() { Host = options.Host, OpenStream = options.OpenStream, ClientId = "c", CleanStart = false, SessionExpiry = TimeSpan.FromHours(1), Session = session };
}
