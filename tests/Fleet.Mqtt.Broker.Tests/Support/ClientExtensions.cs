using System.Text;
using Fleet.Mqtt.Client;

namespace Fleet.Mqtt.Broker.Tests.Support;

/// <summary>What tests say most often.</summary>
internal static class ClientExtensions
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    public static Task<IReadOnlyList<MqttReasonCode>> SubscribeAsync(this MqttClient client, string filter, MqttQos qos = MqttQos.ExactlyOnce) =>
        client.SubscribeAsync([new MqttSubscription(filter, qos)], CancellationToken.None);

    public static ValueTask<MqttPublishResult> PublishAsync(this MqttClient client, string topic, string text, MqttQos qos = MqttQos.AtLeastOnce, bool retain = false) =>
        client.PublishAsync(new MqttMessage { Topic = topic, Payload = Encoding.UTF8.GetBytes(text), Qos = qos, Retain = retain }, CancellationToken.None);

    /// <summary>The next message, acknowledged; the test fails when none comes.</summary>
    public static async Task<MqttIncoming> NextAsync(this MqttClient client)
    {
        var incoming = await client.NextUnacknowledgedAsync();
        await client.AcknowledgeAsync(incoming, CancellationToken.None);
        return incoming;
    }

    public static Task<MqttIncoming> NextUnacknowledgedAsync(this MqttClient client) => client.Incoming.ReadAsync(CancellationToken.None).AsTask().WaitAsync(Bound);

    public static async Task<string> NextTextAsync(this MqttClient client) => (await client.NextAsync()).Text();

    public static string Text(this MqttIncoming incoming) => Encoding.UTF8.GetString(incoming.Message.Payload.Span);

    /// <summary>Nothing is on its way: a message through the same broker to the same client comes first.</summary>
    public static async Task ExpectNothingAsync(this MqttClient client)
    {
        await client.SubscribeAsync("nothing/before/this");
        await client.PublishAsync("nothing/before/this", "marker");
        Assert.That(await client.NextTextAsync(), Is.EqualTo("marker"));
    }

    public static async Task<MqttDisconnect> EndAsync(this MqttClient client) => await client.Completion.WaitAsync(Bound);
}
