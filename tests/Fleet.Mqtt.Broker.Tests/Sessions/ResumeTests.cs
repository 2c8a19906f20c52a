using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Packets;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Tests.Sessions;

/// <summary>A client comes back, or another one takes its place: what the new connection is told and sent.</summary>
[TestFixture]
public sealed class ResumeTests
{
    [TestCase(0u, false)]
    [TestCase(100u, true)]
    public async Task Connection_that_takes_over_finds_a_session_only_if_it_outlives_the_old_one(uint expiry, bool present)
    {
        // 3.1.2.11.2, [MQTT-3.2.2-2], [MQTT-3.2.2-3]
        await using var broker = await TestBroker.StartAsync();
        using var old = broker.Raw();
        old.Enter(Connect(expiry));
        old.Subscribe("a");
        using var young = broker.Raw();
        Assert.That(young.Enter(Connect(expiry)).SessionPresent, Is.EqualTo(present));
        Assert.That(old.Next<DisconnectPacket>().ReasonCode, Is.EqualTo(MqttReasonCode.SessionTakenOver));
        await broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = "x"u8.ToArray() }, CancellationToken.None);
        if (present)
        {
            Assert.That(young.Next<PublishPacket>().Topic, Is.EqualTo("a"));
        }
        else
        {
            young.ExpectAlive();
        }
    }

    [Test]
    public async Task Messages_in_flight_keep_to_the_receive_maximum_of_the_new_connection()
    {
        // [MQTT-3.3.4-9] of the server, [MQTT-4.4.0-1], [MQTT-4.6.0-1]
        await using var broker = await TestBroker.StartAsync();
        await LeaveInFlightAsync(broker, 5);
        using var again = broker.Raw();
        again.Enter(Connect(100, new MqttProperties { SessionExpiryInterval = 100, ReceiveMaximum = 2 }));
        var first = again.Next<PublishPacket>();
        Assert.That((first.Payload.Span[0], first.Duplicate), Is.EqualTo(((byte)0, true)));
        Assert.That(again.Next<PublishPacket>().Payload.Span[0], Is.EqualTo(1));
        again.ExpectAlive();
        for (byte i = 2; i < 5; i++)
        {
            again.Send(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = (ushort)(i - 1) });
            Assert.That(again.Next<PublishPacket>().Payload.Span[0], Is.EqualTo(i));
        }
    }

    [Test]
    public async Task Acknowledgement_from_before_counts_and_its_message_is_not_sent_again()
    {
        await using var broker = await TestBroker.StartAsync();
        await LeaveInFlightAsync(broker, 3);
        using var again = broker.Raw();
        again.Enter(Connect(100, new MqttProperties { SessionExpiryInterval = 100, ReceiveMaximum = 1 }));
        Assert.That(again.Next<PublishPacket>().PacketId, Is.EqualTo(1));
        again.Send(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = 2 }).Send(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = 1 });
        Assert.That(again.Next<PublishPacket>().PacketId, Is.EqualTo(3));
        again.Send(new PublishAckPacket(MqttPacketType.PubAck) { PacketId = 3 }).ExpectAlive();
    }

    [Test]
    public async Task Message_in_flight_that_the_new_connection_does_not_accept_is_done_with()
    {
        // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
        await using var broker = await TestBroker.StartAsync();
        await LeaveInFlightAsync(broker, 2, size: 200);
        using var again = broker.Raw();
        again.Enter(Connect(100, new MqttProperties { SessionExpiryInterval = 100, MaximumPacketSize = 100 }));
        again.ExpectAlive();
        await broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = "small"u8.ToArray() }, CancellationToken.None);
        Assert.That(again.Next<PublishPacket>().Payload.Length, Is.EqualTo(5));
    }

    [Test]
    public async Task Repeated_qos_2_message_waits_for_the_decision_about_the_first()
    {
        // [MQTT-4.3.3-10]: a PUBREC before the commit would be a lie, a second delivery a double.
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        (MqttInboundPublish Message, TaskCompletionSource<MqttPublishVerdict> Commit) undecided;
        using (var first = broker.Raw())
        {
            first.Enter(Connect(100));
            first.Send(Publish(duplicate: false));
            undecided = await committer.NextAsync();
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 0, "gone");
        using var again = broker.Raw();
        Assert.That(again.Enter(Connect(100)).SessionPresent, Is.True);
        again.Send(Publish(duplicate: true)).ExpectAlive();
        undecided.Commit.SetResult(MqttPublishVerdict.Consumed);
        Assert.That(again.Next<PublishAckPacket>().Type, Is.EqualTo(MqttPacketType.PubRec));
        Assert.That(again.Send(Publish(duplicate: true)).Next<PublishAckPacket>().Type, Is.EqualTo(MqttPacketType.PubRec), "decided: at once");
        Assert.That(again.Send(new PublishAckPacket(MqttPacketType.PubRel) { PacketId = 9 }).Next<PublishAckPacket>().ReasonCode, Is.EqualTo(MqttReasonCode.Success));
    }

    [Test]
    public async Task Repeated_qos_2_message_is_refused_with_the_first_and_may_be_sent_anew()
    {
        var committer = new Committer();
        await using var broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttPublishInterceptor>(committer));
        (MqttInboundPublish Message, TaskCompletionSource<MqttPublishVerdict> Commit) undecided;
        using (var first = broker.Raw())
        {
            first.Enter(Connect(100));
            first.Send(Publish(duplicate: false));
            undecided = await committer.NextAsync();
        }

        using var again = broker.Raw();
        again.Enter(Connect(100));
        again.Send(Publish(duplicate: true)).ExpectAlive();
        undecided.Commit.SetResult(MqttPublishVerdict.Refuse(MqttReasonCode.QuotaExceeded));
        Assert.That(again.Next<PublishAckPacket>().ReasonCode, Is.EqualTo(MqttReasonCode.QuotaExceeded));
        again.Send(Publish(duplicate: false));
        (await committer.NextAsync()).Commit.SetResult(MqttPublishVerdict.Consumed);
        Assert.That(again.Next<PublishAckPacket>().ReasonCode, Is.EqualTo(MqttReasonCode.Success));
    }

    [Test]
    public async Task Disconnect_may_change_an_expiry_that_connect_asked_for_though_less_was_granted()
    {
        // 3.14.2.2.2 looks at CONNECT, not at what the server made of it.
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { MaximumSessionExpiry = TimeSpan.Zero });
        using var raw = broker.Raw();
        Assert.That(raw.Enter(Connect(100)).Properties!.SessionExpiryInterval, Is.Zero);
        raw.Send(new DisconnectPacket { Properties = new MqttProperties { SessionExpiryInterval = 50 } }).ExpectClosed();
        await Eventually.TrueAsync(() => broker.Broker.SessionCount == 0, "and is granted no more than before");
    }

    [Test]
    public async Task Disconnect_shortens_the_session()
    {
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Enter(Connect(100));
        raw.Send(new DisconnectPacket { Properties = new MqttProperties { SessionExpiryInterval = 0 } }).ExpectClosed();
        await Eventually.TrueAsync(() => broker.Broker.SessionCount == 0, "the session is gone");
    }

    private static async Task LeaveInFlightAsync(TestBroker broker, int count, int size = 1)
    {
        using (var first = broker.Raw())
        {
            first.Enter(Connect(100));
            first.Subscribe("a", MqttQos.AtLeastOnce);
            for (var i = 0; i < count; i++)
            {
                await broker.Broker.PublishAsync(new MqttMessage { Topic = "a", Payload = Enumerable.Repeat((byte)i, size).ToArray() }, CancellationToken.None);
                Assert.That(first.Next<PublishPacket>().Duplicate, Is.False);
            }
        }

        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 0, "gone");
    }

    private static ConnectPacket Connect(uint expiry, MqttProperties? properties = null) => new()
    {
        Version = MqttVersion.V5,
        ClientId = "k",
        Properties = properties ?? new MqttProperties { SessionExpiryInterval = expiry },
    };

    private static PublishPacket Publish(bool duplicate) =>
        new() { Topic = "up", Qos = MqttQos.ExactlyOnce, PacketId = 9, Duplicate = duplicate, Payload = "x"u8.ToArray() };
}
