using Fleet.Mqtt.Client;
using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Tests.Support;

namespace Fleet.Mqtt.Tests.Client;

/// <summary>The client's side of enhanced authentication (4.12) against servers that do it wrong.</summary>
[TestFixture]
public sealed class ClientAuthenticationTests
{
    private const string Method = "M";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Test]
    public async Task Method_and_data_stand_in_connect_and_challenges_are_answered()
    {
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(With(server, new Echo()));
        var connecting = client.ConnectAsync(CancellationToken.None);
        var connect = await server.ReadAsync<ConnectPacket>();
        Assert.That((connect.Properties!.AuthenticationMethod, connect.Properties.AuthenticationData!.Value.ToArray()), Is.EqualTo((Method, new byte[] { 1 })));
        for (byte i = 0; i < 3; i++)
        {
            await server.SendAsync(Auth(MqttReasonCode.ContinueAuthentication, [i]));
            var answer = await server.ReadAsync<AuthPacket>();
            Assert.That((answer.ReasonCode, answer.Properties!.AuthenticationMethod), Is.EqualTo((MqttReasonCode.ContinueAuthentication, Method)));
            Assert.That(answer.Properties.AuthenticationData!.Value.ToArray(), Is.EqualTo(new[] { i }));
        }

        await server.SendAsync(new ConnAckPacket { Properties = new MqttProperties { AuthenticationMethod = Method, AuthenticationData = new byte[] { 7 } } });
        await connecting.WaitAsync(Bound);
    }

    [Test]
    public async Task Server_that_fails_its_proof_is_left()
    {
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(With(server, new Echo()));
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        await server.SendAsync(new ConnAckPacket { Properties = new MqttProperties { AuthenticationMethod = Method, AuthenticationData = new byte[] { 8 } } });
        Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Bound));
    }

    [Test]
    public async Task Server_that_names_another_method_is_left([Values] bool inConnAck)
    {
        // [MQTT-4.12.0-5]
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(With(server, new Echo()));
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        var properties = new MqttProperties { AuthenticationMethod = "other" };
        await server.SendAsync(inConnAck ? new ConnAckPacket { Properties = properties } : new AuthPacket { ReasonCode = MqttReasonCode.ContinueAuthentication, Properties = properties });
        var error = Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Bound));
        Assert.That(error!.ReasonCode, Is.EqualTo(MqttReasonCode.ProtocolError));
    }

    [Test]
    public async Task Auth_that_nobody_asked_for_is_a_protocol_error([Values] bool connected)
    {
        // [MQTT-4.12.0-6]
        if (!connected)
        {
            await using var early = new ScriptedServer();
            await using var refused = early.NewClient(early.Options());
            var connecting = refused.ConnectAsync(CancellationToken.None);
            await early.ReadAsync<ConnectPacket>();
            await early.SendAsync(Auth(MqttReasonCode.ContinueAuthentication, []));
            Assert.ThrowsAsync<MqttConnectException>(() => connecting.WaitAsync(Bound));
            return;
        }

        var (server, client) = await ScriptedServer.ConnectedAsync();
        await using var a = server;
        await using var b = client;
        await server.SendAsync(Auth(MqttReasonCode.Success, []));
        Assert.That((await server.ReadAsync<DisconnectPacket>()).ReasonCode, Is.EqualTo(MqttReasonCode.ProtocolError));
        await server.BreakAsync();
        Assert.That((await client.Completion.WaitAsync(Bound)).Cause, Is.EqualTo(MqttDisconnectCause.ProtocolError));
    }

    [Test]
    public async Task Second_exchange_at_once_is_refused_by_the_client_itself()
    {
        await using var server = new ScriptedServer();
        await using var client = server.NewClient(With(server, new Echo()));
        var connecting = client.ConnectAsync(CancellationToken.None);
        await server.ReadAsync<ConnectPacket>();
        await server.SendAsync(new ConnAckPacket { Properties = new MqttProperties { AuthenticationMethod = Method, AuthenticationData = new byte[] { 7 } } });
        await connecting.WaitAsync(Bound);
        var first = client.ReauthenticateAsync(CancellationToken.None);
        Assert.ThrowsAsync<InvalidOperationException>(() => client.ReauthenticateAsync(CancellationToken.None));
        Assert.That((await server.ReadAsync<AuthPacket>()).ReasonCode, Is.EqualTo(MqttReasonCode.ReAuthenticate));
        await server.SendAsync(Auth(MqttReasonCode.Success, [7]));
        await first.WaitAsync(Bound);
    }

    private static MqttClientOptions With(ScriptedServer server, IMqttClientAuthentication authentication) =>
        new() { Host = "scripted", ClientId = "c", OpenStream = server.Open, Authentication = authentication };

    private static AuthPacket Auth(MqttReasonCode code, byte[] data) => new()
    {
        ReasonCode = code,
        Properties = new MqttProperties { AuthenticationMethod = Method, AuthenticationData = data },
    };

    /// <summary>Answers each challenge with itself; the server's proof is the byte 7.</summary>
    private sealed class Echo : IMqttClientAuthentication
    {
        public string Method => ClientAuthenticationTests.Method;

        public ReadOnlyMemory<byte>? Begin() => new byte[] { 1 };

        public ValueTask<ReadOnlyMemory<byte>?> RespondAsync(ReadOnlyMemory<byte>? challenge, CancellationToken cancellationToken) => ValueTask.FromResult(challenge);

        public void Complete(ReadOnlyMemory<byte>? data)
        {
            if (data is not { Length: 1 } proof || proof.Span[0] != 7)
            {
                throw new InvalidOperationException("Not the server.");
            }
        }
    }
}
