using Fleet.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Client;

/// <summary>Log events 4000 to 4099.</summary>
internal static partial class MqttClientLog
{
    /// <summary>Null: nobody reads along.</summary>
    public static void Received(ILogger? logger, MqttPacket packet)
    {
        if (logger is not null)
        {
            PacketReceived(logger, MqttPacketSummary.Of(packet));
        }
    }

    [LoggerMessage(4000, LogLevel.Information, "Connected to {Host}:{Port} as {ClientId}, session present: {SessionPresent}")]
    public static partial void Connected(ILogger logger, string host, int port, string clientId, bool sessionPresent);

    [LoggerMessage(4001, LogLevel.Information, "Connection ended: {Cause}, reason {ReasonCode} {ReasonString}")]
    public static partial void Ended(ILogger logger, Exception? error, MqttDisconnectCause cause, MqttReasonCode reasonCode, string? reasonString);

    [LoggerMessage(4002, LogLevel.Warning, "Connection attempt or connection failed: {Message}")]
    public static partial void AttemptFailed(ILogger logger, Exception error, string message);

    [LoggerMessage(4004, LogLevel.Trace, "<- {Packet}")]
    public static partial void PacketReceived(ILogger logger, string packet);

    [LoggerMessage(4005, LogLevel.Trace, "-> {Packet}")]
    public static partial void PacketSent(ILogger logger, string packet);

    [LoggerMessage(4003, LogLevel.Warning, "Server broke the protocol: {Message}")]
    public static partial void ServerBrokeProtocol(ILogger logger, string message);
}
