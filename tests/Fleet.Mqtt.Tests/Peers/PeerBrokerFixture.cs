using System.Security.Authentication;
using System.Text;
using Fleet.Mqtt.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>One peer broker for the tests of a class, and clients of it.</summary>
public abstract class PeerBrokerFixture(string name, MqttVersion version, bool secure)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private PeerBroker _broker = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _broker = await PeerBroker.StartAsync(name);

    [OneTimeTearDown]
    public void Stop() => _broker?.Dispose();

    protected static string Text(MqttIncoming incoming) => Encoding.UTF8.GetString(incoming.Message.Payload.Span);

    protected static Task<MqttPublishResult> PublishAsync(MqttClient client, string topic, string text, MqttQos qos) =>
        client.PublishAsync(new MqttMessage { Topic = topic, Payload = Encoding.UTF8.GetBytes(text), Qos = qos }, CancellationToken.None)
            .AsTask().WaitAsync(Bound);

    protected static async Task<MqttIncoming> NextAsync(MqttClient client)
    {
        var incoming = await ReadAsync(client);
        await client.AcknowledgeAsync(incoming, CancellationToken.None);
        return incoming;
    }

    protected static async Task<MqttIncoming> ReadAsync(MqttClient client)
    {
        if (!await client.Incoming.WaitToReadAsync().AsTask().WaitAsync(Bound))
        {
            Assert.Fail($"The connection ended: {await client.Completion}");
        }

        return await client.Incoming.ReadAsync();
    }

    protected async Task<MqttClient> ConnectAsync(
        string clientId,
        MqttClientSession? session = null,
        bool cleanStart = true,
        MqttMessage? will = null,
        TimeSpan willDelay = default,
        ushort receiveMaximum = 256,
        SslProtocols protocols = SslProtocols.None)
    {
        var tls = secure ? _broker.Certificates.ForClient() : null;
        if (tls is not null)
        {
            tls.EnabledSslProtocols = protocols;
        }

        var options = new MqttClientOptions
        {
            Host = "127.0.0.1",
            Port = secure ? _broker.TlsPort : _broker.Port,
            Tls = tls,
            Version = version,
            ClientId = $"{clientId}-{version}",
            UserName = "terminal@localhost",
            Password = "secret"u8.ToArray(),
            CleanStart = cleanStart,
            SessionExpiry = session is null ? null : TimeSpan.FromMinutes(5),
            Session = session,
            Will = will,
            WillDelay = willDelay,
            ReceiveMaximum = receiveMaximum,
            UseTopicAliases = true,
            TopicAliasMaximum = 10,
        };
        var client = new MqttClient(options, TimeProvider.System, NullLogger<MqttClient>.Instance);
        await client.ConnectAsync(CancellationToken.None).WaitAsync(Bound);
        return client;
    }
}
