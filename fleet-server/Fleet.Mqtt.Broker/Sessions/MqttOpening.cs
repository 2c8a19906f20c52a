using System.Buffers;
using Fleet.Mqtt.Codec;
using Fleet.Mqtt.Packets;

namespace Fleet.Mqtt.Broker.Sessions;

/// <summary>The answer to one CONNECT and what goes with it.</summary>
internal sealed class MqttOpening
{
    public required ConnAckPacket Answer { get; init; }

    /// <summary>Null: refused.</summary>
    public MqttClientInfo? Client { get; init; }

    /// <summary>What was before is to be forgotten (3.1.2.4).</summary>
    public bool CleanStart { get; init; }

    public Will? Will { get; init; }

    /// <summary>Seconds, as granted.</summary>
    public uint SessionExpiry { get; init; }

    /// <summary>Seconds, as CONNECT asked: from zero a DISCONNECT must not raise it (3.14.2.2.2).</summary>
    public uint RequestedExpiry { get; init; }

    /// <summary>The client's Maximum Packet Size (3.1.2.11.4).</summary>
    public uint MaximumPacketSize { get; init; }

    /// <summary>The same for a PUBLISH, less what the length of a message does not count: a topic alias.</summary>
    public uint MaximumPublishSize { get; init; }

    /// <summary>The client's Receive Maximum, ours at most (3.1.2.11.3).</summary>
    public int SendQuota { get; init; }

    /// <summary>Length of a CONNACK on the wire.</summary>
    public static int Length(ConnAckPacket packet, MqttVersion version)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        return MqttEncoder.Write(buffer, packet, version);
    }
}
