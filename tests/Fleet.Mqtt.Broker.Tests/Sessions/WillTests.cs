using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Sessions;

[TestFixture]
public sealed class WillTests
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
    public async Task Disconnect_with_reason_0_drops_the_will()
    {
        // [MQTT-3.14.4-3]
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        var client = await _broker.ConnectAsync(WithWill("c"));
        await client.DisconnectAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 1, "gone");
        await watcher.ExpectNothingAsync();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Will_is_sent_when_the_connection_breaks_or_the_client_asks(bool byClient)
    {
        // [MQTT-3.1.2-8]
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        var client = await _broker.ConnectAsync(WithWill("c"));
        if (byClient)
        {
            await client.DisconnectAsync(MqttReasonCode.DisconnectWithWill, CancellationToken.None);
        }
        else
        {
            await client.DisposeAsync();
        }

        var incoming = await watcher.NextAsync();
        Assert.That((incoming.Message.Topic, incoming.Text()), Is.EqualTo(("will/c", "gone")));
    }

    [Test]
    public async Task Retained_will_is_retained()
    {
        // [MQTT-3.1.2-15]
        var client = await _broker.ConnectAsync(WithWill("c", retain: true));
        await client.DisposeAsync();
        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 0, "gone");
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        Assert.That((await watcher.NextAsync()).Message.Retain, Is.True);
    }

    [Test]
    public async Task Delayed_will_waits_for_its_delay()
    {
        // 3.1.3.2.2
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        await using (await _broker.ConnectAsync(WithWill("c", delay: 30, expiry: 100)))
        {
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 1, "gone");
        _clock.Advance(TimeSpan.FromSeconds(29));
        await watcher.ExpectNothingAsync();
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.That(await watcher.NextTextAsync(), Is.EqualTo("gone"));
    }

    [Test]
    public async Task Delayed_will_comes_with_the_end_of_the_session_at_the_latest()
    {
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        await using (await _broker.ConnectAsync(WithWill("c", delay: 1000, expiry: 10)))
        {
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 1, "gone");
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.That(await watcher.NextTextAsync(), Is.EqualTo("gone"));
    }

    [Test]
    public async Task Delayed_will_is_dropped_when_the_client_is_back_in_time()
    {
        // [MQTT-3.1.3-9]
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        await using (await _broker.ConnectAsync(WithWill("c", delay: 30, expiry: 100)))
        {
        }

        await Eventually.TrueAsync(() => _broker.Broker.Connections.Count == 1, "gone");
        await _broker.ConnectAsync(new MqttClientOptions { Host = "127.0.0.1", Port = _broker.Port, ClientId = "c", CleanStart = false, SessionExpiry = TimeSpan.FromSeconds(100) });
        _clock.Advance(TimeSpan.FromSeconds(60));
        await watcher.ExpectNothingAsync();
    }

    [Test]
    public async Task Will_lives_from_the_moment_it_is_published()
    {
        // 3.1.3.2.4
        var watcher = await _broker.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        var client = await _broker.ConnectAsync(new MqttClientOptions
        {
            Host = "127.0.0.1",
            Port = _broker.Port,
            ClientId = "c",
            KeepAlive = TimeSpan.Zero,
            Will = new MqttMessage { Topic = "will/c", Payload = "gone"u8.ToArray(), ExpirySeconds = 5, Retain = true },
        });
        _clock.Advance(TimeSpan.FromSeconds(60));
        await client.DisposeAsync();
        Assert.That((await watcher.NextAsync()).Message.ExpirySeconds, Is.EqualTo(5));
        _clock.Advance(TimeSpan.FromSeconds(2));
        var late = await _broker.ConnectAsync("l");
        await late.SubscribeAsync("will/#");
        Assert.That((await late.NextAsync()).Message.ExpirySeconds, Is.EqualTo(3));
    }

    private MqttClientOptions WithWill(string id, int delay = 0, int expiry = 0, bool retain = false) => new()
    {
        Host = "127.0.0.1",
        Port = _broker.Port,
        ClientId = id,
        SessionExpiry = TimeSpan.FromSeconds(expiry),
        Will = new MqttMessage { Topic = $"will/{id}", Payload = "gone"u8.ToArray(), Retain = retain },
        WillDelay = TimeSpan.FromSeconds(delay),
    };
}
