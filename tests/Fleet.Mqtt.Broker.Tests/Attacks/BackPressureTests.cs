using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Attacks;

/// <summary>Who reads slowly, not at all, or is away: publishers are held back, queues keep to their bounds.</summary>
[TestFixture]
public sealed class BackPressureTests
{
    [Test]
    public async Task Client_gets_no_more_than_its_receive_maximum_at_once()
    {
        // [MQTT-3.3.4-9] of the server
        await using var broker = await TestBroker.StartAsync();
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p", Properties = new MqttProperties { ReceiveMaximum = 2 } });
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
        deaf.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "p" });
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
}
