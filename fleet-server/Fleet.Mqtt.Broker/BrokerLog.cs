using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker;

/// <summary>Log events 4100 to 4199. No payload, no password.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(4100, LogLevel.Debug, "{ClientId} connected from {Remote}, MQTT {Version}, session present: {SessionPresent}")]
    public static partial void Connected(ILogger logger, string clientId, System.Net.EndPoint? remote, MqttVersion version, bool sessionPresent);

    [LoggerMessage(4101, LogLevel.Debug, "{ClientId} disconnected, by client: {ByClient}, {ReasonCode}")]
    public static partial void Disconnected(ILogger logger, string clientId, bool byClient, MqttReasonCode reasonCode);

    [LoggerMessage(4102, LogLevel.Warning, "Connection from {Remote} refused: {ReasonCode} {Message}")]
    public static partial void ConnectRefused(ILogger logger, string? remote, MqttReasonCode reasonCode, string? message);

    [LoggerMessage(4103, LogLevel.Warning, "{ClientId} broke the protocol: {ReasonCode} {Message}")]
    public static partial void ProtocolError(ILogger logger, string? clientId, MqttReasonCode reasonCode, string message);

    [LoggerMessage(4104, LogLevel.Debug, "{ClientId}: transport ended: {Message}")]
    public static partial void TransportFailed(ILogger logger, string? clientId, string message);

    [LoggerMessage(4105, LogLevel.Error, "{ClientId}: connection failed by a fault of the broker")]
    public static partial void ConnectionFailed(ILogger logger, Exception error, string? clientId);

    [LoggerMessage(4106, LogLevel.Information, "{ClientId}: nothing heard for one and a half keep alive intervals")]
    public static partial void KeepAliveExpired(ILogger logger, string clientId);

    [LoggerMessage(4107, LogLevel.Warning, "{ClientId} must not publish to {Topic}")]
    public static partial void PublishRefused(ILogger logger, string clientId, string topic);

    [LoggerMessage(4108, LogLevel.Error, "Interceptor failed on a message of {ClientId} to {Topic}")]
    public static partial void InterceptorFailed(ILogger logger, Exception error, string clientId, string topic);

    [LoggerMessage(4109, LogLevel.Warning, "{ClientId}: session taken over from {Remote}")]
    public static partial void TakenOver(ILogger logger, string clientId, string? remote);

    [LoggerMessage(4110, LogLevel.Warning, "{ClientId}: session of another identity refused to {Identity}")]
    public static partial void ForeignSession(ILogger logger, string clientId, string identity);

    [LoggerMessage(4111, LogLevel.Error, "Observer failed for {ClientId}")]
    public static partial void ObserverFailed(ILogger logger, Exception error, string clientId);

    [LoggerMessage(4112, LogLevel.Warning, "Will of {ClientId} not sent: {Topic} is not allowed any more")]
    public static partial void WillRefused(ILogger logger, string clientId, string topic);

    [LoggerMessage(4116, LogLevel.Error, "Authenticator of method {Method} failed")]
    public static partial void AuthenticatorFailed(ILogger logger, Exception error, string method);

    [LoggerMessage(4114, LogLevel.Trace, "{ConnectionId} <- {Packet}")]
    public static partial void PacketReceived(ILogger logger, long connectionId, string packet);

    [LoggerMessage(4115, LogLevel.Trace, "{ConnectionId} -> {Packet}")]
    public static partial void PacketSent(ILogger logger, long connectionId, string packet);

    [LoggerMessage(4113, LogLevel.Error, "Timer failed")]
    public static partial void TimerFailed(ILogger logger, Exception error);
}
