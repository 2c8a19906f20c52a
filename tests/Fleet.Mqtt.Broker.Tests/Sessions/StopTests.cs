using Fleet.Mqtt.Broker.Tests.Support;
using Fleet.Mqtt.Packets;
using Fleet.Testing;

namespace Fleet.Mqtt.Broker.Tests.Sessions;

/// <summary>The server goes away: who is told what, and who still gets in.</summary>
[TestFixture]
public sealed class StopTests
{
    [Test]
    public async Task Everybody_is_told_and_nobody_is_let_in_any_more()
    {
        await using var broker = await TestBroker.StartAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => broker.ConnectAsync($"c{i}")));
        broker.Broker.BeginStop();
        foreach (var client in clients)
        {
            Assert.That((await client.EndAsync()).ReasonCode, Is.EqualTo(MqttReasonCode.ServerShuttingDown));
        }

        using var late = broker.Raw();
        late.ExpectClosed();
        await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 0, "all are gone");
    }

    [TestCase(60u, "other.example:8883")]
    [TestCase(26u, null)]
    public async Task Reference_to_the_other_server_is_left_out_when_the_client_does_not_accept_its_length(uint largest, string? expected)
    {
        // [MQTT-3.1.2-24]
        await using var broker = await TestBroker.StartAsync(new MqttBrokerOptions { ServerReference = "other.example:8883" });
        using var raw = broker.Raw();
        raw.Enter(new ConnectPacket { Version = MqttVersion.V5, ClientId = "c", Properties = new MqttProperties { MaximumPacketSize = largest } });
        broker.Broker.BeginStop();
        var goodbye = raw.Next<DisconnectPacket>();
        Assert.That((goodbye.ReasonCode, goodbye.Properties?.ServerReference), Is.EqualTo((MqttReasonCode.ServerMoved, expected)));
        raw.ExpectClosed();
    }

    [Test]
    public async Task Places_of_connections_that_left_are_taken_again()
    {
        await using var broker = await TestBroker.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => broker.ConnectAsync($"c{i}")));
            Assert.That(broker.Broker.Connections.Select(static c => c.ClientId), Is.EquivalentTo(Enumerable.Range(0, 100).Select(static i => $"c{i}")));
            foreach (var client in clients)
            {
                await client.DisconnectAsync(CancellationToken.None);
            }

            await Eventually.TrueAsync(() => broker.Broker.Connections.Count == 0, "all are gone");
        }
    }
}
