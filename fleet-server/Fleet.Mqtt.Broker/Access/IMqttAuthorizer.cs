namespace Fleet.Mqtt.Broker.Access;

/// <summary>
/// Decides what an identity may do. Called on the connection's own path: must answer at once, from memory. Answers to <see cref="MayPublish"/> and
/// <see cref="MayReceive"/> are kept until <see cref="MqttBroker.ForgetRights"/>.
/// </summary>
public interface IMqttAuthorizer
{
    bool MayPublish(MqttClientInfo client, string topic, bool retain);

    /// <summary>
    /// <paramref name="filter"/> may hold wildcards and a <c>$share/name/</c> prefix: ask <see cref="Topics.MqttTopic.Contains"/> with what is granted,
    /// never a match of a single topic.
    /// </summary>
    bool MaySubscribe(MqttClientInfo client, string filter);

    /// <summary>Asked again for each topic that a subscription of <paramref name="client"/> matched.</summary>
    bool MayReceive(MqttClientInfo client, string topic);

    /// <summary>Asked at CONNECT and again when the will is about to be published.</summary>
    bool MayLeaveWill(MqttClientInfo client, string topic, bool retain);
}

/// <summary>Everybody may do everything: for tests, benchmarks and closed benches.</summary>
public sealed class MqttOpenAccess : IMqttAuthenticator, IMqttAuthorizer
{
    private static readonly MqttAuthentication Anyone = MqttAuthentication.Accept(new MqttIdentity("anyone"));

    public ValueTask<MqttAuthentication> AuthenticateAsync(MqttConnectRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Anyone);

    public bool MayPublish(MqttClientInfo client, string topic, bool retain) => true;

    public bool MaySubscribe(MqttClientInfo client, string filter) => true;

    public bool MayReceive(MqttClientInfo client, string topic) => true;

    public bool MayLeaveWill(MqttClientInfo client, string topic, bool retain) => true;
}
