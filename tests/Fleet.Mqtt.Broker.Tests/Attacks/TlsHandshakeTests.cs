using System.Net.Sockets;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Attacks;

/// <summary>What strangers do before TLS is through: the handshakes at work are bounded, and one deadline covers everything before CONNECT.</summary>
[TestFixture]
public sealed class TlsHandshakeTests
{
    /// <summary>A record of a handshake that announces more than it holds.</summary>
    private const string HalfClientHello = "16 03 01 02 00 01 00 01 FC 03 03";

    private PeerCertificates _certificates = null!;

    [OneTimeSetUp]
    public void Issue() => _certificates = new PeerCertificates();

    [OneTimeTearDown]
    public void Forget() => _certificates.Dispose();

    [Test]
    public async Task Silent_sockets_take_no_place_among_the_handshakes()
    {
        await using var broker = await StartAsync(new MqttBrokerOptions { MaximumTlsHandshakes = 1 });
        var silent = Enumerable.Range(0, 100).Select(_ => broker.Raw()).ToList();
        var client = await broker.ConnectAsync(Options(broker));
        Assert.That((await client.PublishAsync("a", "x")).IsSuccess, Is.True);
        silent.ForEach(static s => s.Dispose());
    }

    [Test]
    public async Task Handshake_beyond_the_limit_waits_for_its_turn()
    {
        await using var broker = await StartAsync(new MqttBrokerOptions { MaximumTlsHandshakes = 1 });
        using var slow = broker.Raw();
        slow.Send(HalfClientHello);
        await Eventually.TrueAsync(() => broker.Broker.Door.Handshakes.CurrentCount == 0, "the slow one is at work");
        var connecting = broker.ConnectAsync(Options(broker));
        await Eventually.TrueAsync(() => broker.Broker.Door.ShakingHands == 2, "the good one has arrived");
        Assert.That(connecting.IsCompleted, Is.False);
        slow.Dispose();
        var client = await connecting.WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        Assert.That((await client.PublishAsync("a", "x")).IsSuccess, Is.True);
        await Eventually.TrueAsync(() => broker.Broker.Door.Handshakes.CurrentCount == 1, "its place is free");
    }

    [TestCase("")]
    [TestCase(HalfClientHello)]
    public async Task Deadline_of_connect_covers_the_handshake(string said)
    {
        var clock = new TestClock();
        await using var broker = await StartAsync(new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, clock);
        using var raw = broker.Raw();
        raw.Send(said);
        await Eventually.TrueAsync(() => broker.Broker.Door.ShakingHands == 1, "it has arrived");
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.That(broker.Broker.Door.ShakingHands, Is.EqualTo(1));
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(2));
                return broker.Broker.Door.ShakingHands == 0;
            },
            "it is closed");
        await Eventually.TrueAsync(() => broker.Broker.Door.Handshakes.CurrentCount == 256, "its place is free");
    }

    [Test]
    public async Task Client_that_is_through_tls_and_then_silent_meets_the_same_deadline()
    {
        var clock = new TestClock();
        await using var broker = await StartAsync(new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, clock);
        using var socket = new TcpClient("127.0.0.1", broker.Port);
        await using var stream = new System.Net.Security.SslStream(socket.GetStream());
        await stream.AuthenticateAsClientAsync(_certificates.ForClient(), CancellationToken.None);
        var reading = stream.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(2));
                return reading.IsCompleted;
            },
            "it is closed");
        Assert.That(reading.IsFaulted || await reading == 0, Is.True);
    }

    [Test]
    public async Task Limit_of_an_address_is_asked_before_the_handshake()
    {
        await using var broker = await StartAsync(new MqttBrokerOptions { MaximumConnectionsPerAddress = 3 });
        var silent = Enumerable.Range(0, 3).Select(_ => broker.Raw()).ToList();
        await Eventually.TrueAsync(() => broker.Broker.Door.ShakingHands == 3, "they have arrived");
        using var fourth = broker.Raw();
        fourth.ExpectClosed();
        silent.ForEach(static s => s.Dispose());
        await Eventually.TrueAsync(() => broker.Broker.Door.ShakingHands == 0, "they have gone");
        var client = await broker.ConnectAsync(Options(broker));
        Assert.That((await client.PublishAsync("a", "x")).IsSuccess, Is.True);
    }

    private Task<TestBroker> StartAsync(MqttBrokerOptions options, TimeProvider? time = null) =>
        TestBroker.StartAsync(options, time, tls: _certificates.ForServer);

    private MqttClientOptions Options(TestBroker broker) => new() { Host = "127.0.0.1", Port = broker.Port, ClientId = "good", Tls = _certificates.ForClient() };
}
