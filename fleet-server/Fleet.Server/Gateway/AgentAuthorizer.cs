using Fleet.Contracts;
using Fleet.Mqtt.Broker;
using Fleet.Mqtt.Broker.Access;

namespace Fleet.Server.Gateway;

/// <summary>
/// What an agent may do, and nothing else: publish on its own upward topics, subscribe to exactly its own downward topics. No wildcard, shared
/// subscription, retained message or will is ever its right.
/// </summary>
public sealed class AgentAuthorizer(ILogger<AgentAuthorizer> logger) : IMqttAuthorizer
{
    /// <inheritdoc/>
    public bool MayPublish(MqttClientInfo client, string topic, bool retain)
    {
        // The broker asks for both kinds of a topic at once: only the foreign topic itself is an alarm, and one is enough.
        var own = IsOwn(client, topic, upward: true);
        if (!own && !retain)
        {
            GatewayLog.ForeignPublish(logger, client.Identity.Name, topic);
        }

        return own && !retain;
    }

    /// <inheritdoc/>
    public bool MaySubscribe(MqttClientInfo client, string filter)
    {
        var may = IsOwn(client, filter, upward: false);
        if (!may)
        {
            GatewayLog.ForeignSubscription(logger, client.Identity.Name, filter);
        }

        return may;
    }

    /// <inheritdoc/>
    public bool MayReceive(MqttClientInfo client, string topic) => IsOwn(client, topic, upward: false);

    /// <inheritdoc/>
    public bool MayLeaveWill(MqttClientInfo client, string topic, bool retain)
    {
        GatewayLog.Will(logger, client.Identity.Name, topic);
        return false;
    }

    // A topic of ours never holds a wildcard, so a filter that reads as one is exactly one topic.
    private static bool IsOwn(MqttClientInfo client, string topic, bool upward) =>
        client.Identity is AgentIdentity agent && LinkTopic.TryParse(topic, out var link) && link.Terminal == agent.Terminal && link.IsUpward == upward;
}
