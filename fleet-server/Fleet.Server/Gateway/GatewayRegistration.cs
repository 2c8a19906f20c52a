using Fleet.Contracts;
using Fleet.Mqtt.Broker;
using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Hosting;
using Fleet.Server.Trust;

namespace Fleet.Server.Gateway;

/// <summary>The gateway's part of the composition.</summary>
public static class GatewayRegistration
{
    /// <summary>MQTT for agents.</summary>
    /// <param name="maximumAgents">Most connections at a time.</param>
    public static IServiceCollection AddGateway(this IServiceCollection services, int maximumAgents) =>
        services
            .AddSingleton<Revocations>()
            .AddSingleton<IRevocations>(static p => p.GetRequiredService<Revocations>())
            .AddSingleton<AgentConnections>()
            .AddSingleton<IMqttSessionObserver>(static p => p.GetRequiredService<AgentConnections>())
            .AddSingleton<IMqttAuthenticator, AgentAuthenticator>()
            .AddSingleton<IMqttAuthorizer, AgentAuthorizer>()
            .AddSingleton<IMqttPublishInterceptor, UplinkInterceptor>()
            .AddMqttBroker(Limits(maximumAgents))
            .AddHostedService<FarewellLoop>()
            .AddHostedService<ConnectionCutter>();

    // An agent needs four subscriptions, short topics and no memory between connections; everything beyond is somebody else.
    private static MqttBrokerOptions Limits(int maximumAgents) => new()
    {
        MaximumConnections = maximumAgents,
        MaximumPacketSize = LinkLimits.LargestPacket,
        MaximumConnectSize = 16 * 1024,
        ReceiveMaximum = LinkLimits.MessagesInFlight,
        MaximumInFlight = 64,
        MaximumKeepAlive = 120,
        MaximumSessionExpiry = TimeSpan.Zero,
        MaximumSubscriptionsPerSession = 16,
        MaximumTopicLength = 256,
        MaximumTopicLevels = 16,
        MaximumUserProperties = 16,
        ConnectRate = 1000,
        MaximumRetainedMessages = 0,
    };
}
