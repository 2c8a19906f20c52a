using Fleet.Mqtt.Broker.Access;
using Fleet.Mqtt.Broker.Connections;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>Who may come in: the rate of CONNECTs, the authenticators (3.1.4).</summary>
internal sealed class Admission(
    MqttBroker broker, ConnectGate gate, IMqttAuthenticator authenticator, IMqttEnhancedAuthenticator[] methods)
{
    /// <summary>Topic Alias as a property.</summary>
    private const uint AliasLength = 3;

    /// <summary>A refusal that needs no authenticator, or null.</summary>
    public MqttOpening? Check(MqttConnection connection, ConnectPacket connect)
    {
        var late = !gate.TakeConnect() || connection.Peer.Listener?.Gate(broker.Clock).TakeConnect() == false;
        var refusal = late ? ConnectAnswers.Refuse(MqttReasonCode.ConnectionRateExceeded) : ConnectAnswers.CheckConnect(connect, broker.Options);
        if (refusal is null && connect.Properties?.AuthenticationMethod is { } method && Find(method) is null)
        {
            // [MQTT-4.12.0-1]
            refusal = ConnectAnswers.Refuse(MqttReasonCode.BadAuthenticationMethod);
        }

        return refusal is null ? null : Refused(connection, connect, refusal);
    }

    /// <summary>Null: the client does not want enhanced authentication.</summary>
    public MqttAuthenticationDialogue? Dialogue(MqttConnection connection, ConnectPacket connect) =>
        connect.Properties?.AuthenticationMethod is { } method
            ? new MqttAuthenticationDialogue(Find(method)!, ConnectAnswers.ToRequest(connect, connection.Peer), broker.Logger)
            : null;

    public async ValueTask<MqttOpening> AuthenticateAsync(MqttConnection connection, ConnectPacket connect) =>
        Admit(connection, connect, await authenticator.AuthenticateAsync(ConnectAnswers.ToRequest(connect, connection.Peer), broker.Stopping));

    /// <summary>What the CONNACK to somebody with this outcome of his authentication is.</summary>
    public MqttOpening Admit(MqttConnection connection, ConnectPacket connect, MqttAuthentication authentication)
    {
        var opening = authentication.Identity is { } identity
            ? Admit(connection, connect, identity)
            : ConnectAnswers.Refuse(authentication.ReasonCode, authentication.ReasonString, authentication.ServerReference);
        return opening.Client is null ? Refused(connection, connect, opening) : opening;
    }

    private IMqttEnhancedAuthenticator? Find(string method) => Array.Find(methods, m => string.Equals(m.Method, method, StringComparison.Ordinal));

    /// <summary>The same refusal, counted and logged.</summary>
    public MqttOpening Refused(MqttConnection connection, ConnectPacket connect, MqttOpening refusal)
    {
        broker.Metrics.Refused(refusal.Answer.ReasonCode);
        BrokerLog.ConnectRefused(broker.Logger, connection.Peer.Remote?.ToString(), refusal.Answer.ReasonCode, connect.ClientId);
        return refusal;
    }

    private MqttOpening Admit(MqttConnection connection, ConnectPacket connect, MqttIdentity identity)
    {
        var options = broker.Options;
        var clientId = connect.ClientId.Length > 0 ? connect.ClientId : $"auto-{Guid.NewGuid():N}";
        var wish = connect.Properties?.SessionExpiryInterval ?? 0;
        if (connect.Version != MqttVersion.V5)
        {
            // 3.1.1: without Clean Session the session stays; how long is the server's choice.
            wish = connect.CleanStart ? 0 : uint.MaxValue;
        }

        var expiry = broker.LimitExpiry(wish);
        var keepAlive = options.MaximumKeepAlive != 0 && (connect.KeepAlive == 0 || connect.KeepAlive > options.MaximumKeepAlive) && connect.Version == MqttVersion.V5
            ? options.MaximumKeepAlive
            : connect.KeepAlive;
        var client = new MqttClientInfo
        {
            ClientId = clientId,
            Identity = identity,
            Version = connect.Version,
            UserName = connect.UserName,
            RemoteEndPoint = connection.Peer.Remote,
            ConnectionId = connection.Id,
            ConnectedAt = broker.Clock.UtcNow,
            KeepAlive = keepAlive,
        };
        if (connect.Will is { } will && !broker.Authorizer.MayLeaveWill(client, will.Topic, will.Retain))
        {
            return ConnectAnswers.Refuse(MqttReasonCode.NotAuthorized);
        }

        var largest = connect.Properties?.MaximumPacketSize ?? uint.MaxValue;
        return new MqttOpening
        {
            Answer = ConnectAnswers.Accept(connect, client, expiry == wish ? null : expiry, connection.LargestPacket, options),
            Client = client,
            CleanStart = connect.CleanStart,
            Will = connect.Will is null ? null : new Will(connect.Will, client),
            SessionExpiry = expiry,
            RequestedExpiry = wish,
            MaximumPacketSize = largest,
            MaximumPublishSize = largest - (connect.Properties?.TopicAliasMaximum > 0 ? AliasLength : 0),
            SendQuota = Math.Min(connect.Properties?.ReceiveMaximum ?? ushort.MaxValue, options.MaximumInFlight),
        };
    }
}
