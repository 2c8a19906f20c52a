using System.Security.Authentication;

namespace Fleet.Mqtt.Tests.Peers;

/// <summary>Both versions of TLS, with a client certificate, against each peer.</summary>
[TestFixture("mosquitto", MqttVersion.V5)]
[TestFixture("ejabberd", MqttVersion.V5)]
[TestFixture("aedes", MqttVersion.V311)]
public sealed class PeerBrokerTlsTests(string name, MqttVersion version) : PeerBrokerFixture(name, version, secure: true)
{
    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task Either_version_of_tls_is_spoken(SslProtocols protocols)
    {
        await using var client = await ConnectAsync("tls", protocols: protocols);
        await client.SubscribeAsync([new MqttSubscription("tls")], CancellationToken.None);
        await PublishAsync(client, "tls", "secret", MqttQos.ExactlyOnce);
        Assert.That(Text(await NextAsync(client)), Is.EqualTo("secret"));
    }
}
