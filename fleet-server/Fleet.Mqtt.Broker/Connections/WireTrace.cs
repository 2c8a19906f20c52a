using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;
using Microsoft.Extensions.Logging;

namespace Fleet.Mqtt.Broker.Connections;

/// <summary>What goes over one connection, as log lines of level Trace: never a payload, a password or a user property.</summary>
internal sealed class WireTrace(ILogger logger, long connectionId)
{
    /// <summary>Null unless the log wants it: then nothing is spent on it.</summary>
    public static WireTrace? For(ILogger logger, long connectionId) =>
        logger.IsEnabled(LogLevel.Trace) ? new WireTrace(logger, connectionId) : null;

    public void Received(in MqttFrame frame, MqttVersion version, MqttDecodeLimits limits)
    {
        try
        {
            BrokerLog.PacketReceived(logger, connectionId, MqttPacketSummary.Of(frame.Decode(version, limits)));
        }
        catch (MqttProtocolException error)
        {
            BrokerLog.PacketReceived(logger, connectionId, $"{frame.Type}, {frame.Body.Length} bytes, {error.ReasonCode}");
        }
    }

    public void Sent(MqttPacket packet) => BrokerLog.PacketSent(logger, connectionId, MqttPacketSummary.Of(packet));

    public void Sent(MqttPacketType type, ushort packetId, MqttReasonCode code) => BrokerLog.PacketSent(logger, connectionId, $"{type} id={packetId} {code}");

    public void Sent(in PublishHead head, string topic, int payloadLength) =>
        BrokerLog.PacketSent(logger, connectionId, $"Publish id={head.PacketId} qos={(int)head.Qos} dup={head.Duplicate} retain={head.Retain} topic={topic} payload={payloadLength} bytes");
}
