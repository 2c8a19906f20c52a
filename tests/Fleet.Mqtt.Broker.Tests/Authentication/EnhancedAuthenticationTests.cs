using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Client;
using Fleet.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Mqtt.Broker.Tests.Authentication;

/// <summary>Enhanced authentication (MQTT 5.0, 4.12): challenges, proofs of both sides, and authenticating again, by the own client and byte by byte.</summary>
[TestFixture]
public sealed class EnhancedAuthenticationTests
{
    /// <summary>CONNECT of client "p" with method "TEST-HMAC" and four bytes of data.</summary>
    private const string Connect = "10 21 0004 4D515454 05 02 0000 13 15 0009 544553542D484D4143 16 0004 01020304 0001 70";

    private SecretExchange.Server _server = null!;
    private TestBroker _broker = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _server = new SecretExchange.Server("secret");
        _broker = await TestBroker.StartAsync(services: s => s.AddSingleton<IMqttEnhancedAuthenticator>(_server));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _broker.DisposeAsync();
        Assert.That(_server.Open, Is.Zero, "every exchange was disposed");
    }

    [Test]
    public async Task Client_that_answers_the_challenge_is_let_in_and_both_are_proven()
    {
        // [MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5]
        var secret = new SecretExchange.Client("secret");
        var client = await _broker.ConnectAsync(Options("terminal-1", secret));
        Assert.That(secret.Completed, Is.EqualTo(1));
        Assert.That(_broker.Broker.Connections.Single().Identity.Name, Is.EqualTo("terminal-1"));
        Assert.That((await client.PublishAsync("a", "x")).IsSuccess, Is.True);
    }

    [Test]
    public void Client_with_a_wrong_proof_is_refused()
    {
        // [MQTT-4.12.0-4]
        var error = Assert.ThrowsAsync<MqttConnectException>(() => _broker.ConnectAsync(Options("terminal-1", new SecretExchange.Client("guess"))));
        Assert.That((error!.ReasonCode, _broker.Broker.SessionCount), Is.EqualTo((MqttReasonCode.NotAuthorized, 0)));
    }

    [Test]
    public void Method_that_nobody_knows_is_refused()
    {
        // [MQTT-4.12.0-1]
        using var raw = _broker.Raw();
        raw.Send("10 14 0004 4D515454 05 02 0000 06 15 0003 414243 0001 70");
        Assert.That(raw.Read(5), Is.EqualTo(RawMqtt.Hex("20 03 00 8C 00")));
        raw.ExpectClosed();
    }

    [Test]
    public void Client_without_a_method_is_let_in_as_before_and_may_not_send_auth()
    {
        // [MQTT-4.12.0-6] [MQTT-4.12.0-7]
        using var raw = _broker.Raw();
        raw.Send("10 0E 0004 4D515454 05 02 0000 00 0001 70");
        var head = raw.Read(2);
        Assert.That(head[0], Is.EqualTo(0x20));
        Assert.That(Convert.ToHexString(raw.Read(head[1])), Does.Not.Contain("15000954"), "no method in CONNACK");
        raw.Send("F0 00").Expect("E0 01 82");
        raw.ExpectClosed();
    }

    [TestCase("F0 11 18 0F 15 0005 4F54484552 16 0004 01020304", TestName = "Auth_with_another_method_ends_the_connection")]
    [TestCase("F0 0E 19 0C 15 0009 544553542D484D4143", TestName = "Auth_again_before_connack_ends_the_connection")]
    [TestCase("30 05 0001 61 00 78", TestName = "Publish_before_connack_of_an_exchange_ends_the_connection")]
    [TestCase("E0 00", TestName = "Client_that_says_goodbye_in_the_exchange_is_gone")]
    public void Exchange_breaks_off(string answer)
    {
        // [MQTT-4.12.0-5]
        using var raw = _broker.Raw();
        raw.Send(Connect);
        Assert.That(raw.Read(4), Is.EqualTo(RawMqtt.Hex("F0 21 18 1F")), "AUTH 0x18 with a method of 9 and data of 16 bytes");
        raw.Read(31);
        raw.Send(answer);
        raw.ExpectClosed();
        Assert.That(_broker.Broker.SessionCount, Is.Zero);
    }

    [Test]
    public async Task Client_that_stops_in_the_exchange_is_closed_at_the_deadline_of_connect()
    {
        var clock = new TestClock();
        var server = new SecretExchange.Server("secret");
        await using var broker = await TestBroker.StartAsync(
            new MqttBrokerOptions { ConnectTimeout = TimeSpan.FromSeconds(5) }, clock, s => s.AddSingleton<IMqttEnhancedAuthenticator>(server));
        using var raw = broker.Raw();
        raw.Send(Connect);
        Assert.That(raw.Read(35), Has.Length.EqualTo(35));
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(6));
                return raw.Receive(new byte[1]) == 0;
            },
            "the connection is closed");
        await Eventually.TrueAsync(() => server.Open == 0, "its exchange is disposed");
    }

    [Test]
    public async Task Client_authenticates_again_while_messages_flow()
    {
        // [MQTT-4.12.1-1]
        var secret = new SecretExchange.Client("secret");
        var client = await _broker.ConnectAsync(Options("terminal-1", secret));
        await client.SubscribeAsync("a");
        for (var i = 0; i < 3; i++)
        {
            var publish = client.PublishAsync("a", $"{i}").AsTask();
            await client.ReauthenticateAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
            Assert.That((await publish).IsSuccess, Is.True);
            Assert.That(await client.NextTextAsync(), Is.EqualTo($"{i}"));
        }

        Assert.That(secret.Completed, Is.EqualTo(4));
    }

    [Test]
    public async Task Client_that_fails_to_authenticate_again_is_told_and_closed()
    {
        // [MQTT-4.12.1-2]
        var client = await _broker.ConnectAsync(Options("terminal-1", new Forgetful("secret")));
        var error = Assert.ThrowsAsync<MqttConnectionLostException>(() => client.ReauthenticateAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None));
        Assert.That((error!.Disconnect.Cause, error.Disconnect.ReasonCode), Is.EqualTo((MqttDisconnectCause.ByServer, MqttReasonCode.NotAuthorized)));
    }

    [Test]
    public async Task Client_that_becomes_somebody_else_is_closed()
    {
        var client = await _broker.ConnectAsync(Options("terminal-1", new SecretExchange.Client("secret")));
        _server.Name = "terminal-2";
        Assert.ThrowsAsync<MqttConnectionLostException>(() => client.ReauthenticateAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None));
        Assert.That((await client.EndAsync()).ReasonCode, Is.EqualTo(MqttReasonCode.NotAuthorized));
    }

    [Test]
    public async Task Client_that_connected_without_a_method_cannot_authenticate_again()
    {
        var client = await _broker.ConnectAsync("plain");
        Assert.ThrowsAsync<InvalidOperationException>(() => client.ReauthenticateAsync(CancellationToken.None));
    }

    private MqttClientOptions Options(string clientId, IMqttClientAuthentication authentication) =>
        new() { Host = "127.0.0.1", Port = _broker.Port, ClientId = clientId, Authentication = authentication };

    /// <summary>Knows the secret once.</summary>
    private sealed class Forgetful(string secret) : IMqttClientAuthentication
    {
        private IMqttClientAuthentication _current = new SecretExchange.Client(secret);
        private bool _connected;

        public string Method => SecretExchange.Method;

        public ReadOnlyMemory<byte>? Begin()
        {
            _current = _connected ? new SecretExchange.Client("forgotten") : _current;
            return _current.Begin();
        }

        public ValueTask<ReadOnlyMemory<byte>?> RespondAsync(ReadOnlyMemory<byte>? challenge, CancellationToken cancellationToken) =>
            _current.RespondAsync(challenge, cancellationToken);

        public void Complete(ReadOnlyMemory<byte>? data)
        {
            _current.Complete(data);
            _connected = true;
        }
    }
}
