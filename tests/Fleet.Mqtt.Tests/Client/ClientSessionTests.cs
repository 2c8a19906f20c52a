using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Client;

/// <summary>What passes from one connection of a client to the next, and what its end means for those who wait.</summary>
[TestFixture]
public sealed class ClientSessionTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Unfinished_messages_keep_to_the_receive_maximum_of_the_new_connection()
    {
        // [MQTT-3.3.4-7] [MQTT-4.4.0-1] [MQTT-4.6.0-1]
        var session = new MqttClientSession();
        await LeaveUnfinishedAsync(session, 5);
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 2 }, o => Keeping(o, session), sessionPresent: true);
        await using var a = server;
        await using var b = client;
        Assert.That((await server.ReadAsync<PublishPacket>()).PacketId, Is.EqualTo(1));
        Assert.That((await server.ReadAsync<PublishPacket>()).PacketId, Is.EqualTo(2));
        var young = client.PublishAsync(new MqttMessage { Topic = "young" }, CancellationToken.None).AsTask();
        await MarkAsync(server, client);
        for (ushort id = 1; id <= 3; id++)
        {
            await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = id });
            Assert.That((await server.ReadAsync<PublishPacket>()).PacketId, Is.EqualTo(id + 2), "the old ones first");
        }

        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = 4 });
        var last = await server.ReadAsync<PublishPacket>();
        Assert.That((last.Topic, last.Duplicate), Is.EqualTo(("young", false)));
        await server.SendAsync(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = last.PacketId });
        Assert.That((await young).IsSuccess, Is.True);
    }

    [Test]
    public async Task Release_is_sent_again_however_many_are_unfinished()
    {
        var session = new MqttClientSession();
        var (first, lost) = await ScriptedServer.ConnectedAsync(change: o => Keeping(o, session));
        for (var i = 0; i < 3; i++)
        {
            _ = lost.PublishAsync(new MqttMessage { Topic = $"{i}", Qos = MqttQos.ExactlyOnce }, CancellationToken.None).AsTask();
            var packet = await first.ReadAsync<PublishPacket>();
            await first.SendAsync(new PublishAckPacket(MqttPacketType.PubRec) { PacketId = packet.PacketId });
            await first.ReadAsync<PublishAckPacket>();
        }

        await EndAsync(first, lost);
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 1 }, o => Keeping(o, session), sessionPresent: true);
        await using var a = server;
        await using var b = client;
        for (var i = 1; i <= 3; i++)
        {
            var release = await server.ReadAsync<PublishAckPacket>();
            Assert.That((release.Type, release.PacketId), Is.EqualTo((MqttPacketType.PubRel, (ushort)i)));
        }
    }

    [Test]
    public async Task Waiting_for_a_place_ends_with_the_connection()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(new MqttProperties { ReceiveMaximum = 1 });
        await using var a = server;
        await using var b = client;
        var publishes = Enumerable.Range(0, 3).Select(i => client.PublishAsync(new MqttMessage { Topic = $"{i}" }, CancellationToken.None).AsTask()).ToArray();
        await server.ReadAsync<PublishPacket>();
        await server.BreakAsync();
        foreach (var publish in publishes)
        {
            Assert.ThrowsAsync<MqttConnectionLostException>(() => publish.WaitAsync(Bound));
        }
    }

    [Test]
    public async Task Nothing_is_published_after_the_end([Values] MqttQos qos)
    {
        var session = new MqttClientSession();
        var (server, client) = await ScriptedServer.ConnectedAsync(change: o => Keeping(o, session));
        await EndAsync(server, client);
        Assert.ThrowsAsync<MqttConnectionLostException>(async () => await client.PublishAsync(new MqttMessage { Topic = "late", Qos = qos }, CancellationToken.None));
        Assert.That(session.InFlight, Is.Zero, "nobody will send what was refused");
    }

    [Test]
    public async Task Session_that_clean_start_told_the_server_to_forget_is_a_protocol_error()
    {
        // [MQTT-3.2.2-2] [MQTT-3.2.2-4]
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(server.Options());
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        await server.SendAsync(new ConnAckPacket { SessionPresent = true });
        Assert.That(Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Bound)).ReasonCode, Is.EqualTo(MqttReasonCode.ProtocolError));
    }

    [Test]
    public async Task Disconnect_tells_how_long_the_session_is_to_be_kept()
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(change: o => Keeping(o, new MqttClientSession()));
        await using var a = server;
        await using var b = client;
        var leaving = client.DisconnectAsync(MqttReasonCode.Success, TimeSpan.FromSeconds(7), CancellationToken.None);
        Assert.That((await server.ReadAsync<DisconnectPacket>()).Properties?.SessionExpiryInterval, Is.EqualTo(7));
        await server.BreakAsync();
        await leaving;
    }

    [Test]
    public async Task Session_that_was_not_asked_for_cannot_be_kept_at_the_end()
    {
        // 3.14.2.2.2
        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        Assert.ThrowsAsync<ArgumentException>(() => client.DisconnectAsync(MqttReasonCode.Success, TimeSpan.FromSeconds(7), CancellationToken.None));
        Assert.That(client.IsConnected, Is.True);
    }

    private static async Task LeaveUnfinishedAsync(MqttClientSession session, int count)
    {
        var (server, client) = await ScriptedServer.ConnectedAsync(change: o => Keeping(o, session));
        for (var i = 0; i < count; i++)
        {
            _ = client.PublishAsync(new MqttMessage { Topic = $"{i}" }, CancellationToken.None).AsTask();
            await server.ReadAsync<PublishPacket>();
        }

        await EndAsync(server, client);
        Assert.That(session.InFlight, Is.EqualTo(count));
    }

    private static async Task EndAsync(ScriptedServer server, MqttClient client)
    {
        await server.DisposeAsync();
        await client.Completion.WaitAsync(Bound);
        await client.DisposeAsync();
    }

    /// <summary>What the client had to say before is said.</summary>
    private static async Task MarkAsync(ScriptedServer server, MqttClient client)
    {
        await client.PublishAsync(new MqttMessage { Topic = "marker", Qos = MqttQos.AtMostOnce }, CancellationToken.None);
        Assert.That((await server.ReadAsync<PublishPacket>()).Topic, Is.EqualTo("marker"));
    }

    private static MqttClientOptions Keeping(MqttClientOptions options, MqttClientSession session) =>
        new() { Host = options.Host, OpenStream = options.OpenStream, ClientId = "c", CleanStart = false, SessionExpiry = TimeSpan.FromHours(1), Session = session };
}
