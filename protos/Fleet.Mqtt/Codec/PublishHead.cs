namespace Fleet.Mqtt.Codec;

/// <summary>What a PUBLISH says besides topic, properties and payload.</summary>
public readonly record struct PublishHead(MqttQos Qos, bool Retain, bool Duplicate, ushort PacketId)
{
    /// <summary>First byte of the packet (3.3.1).</summary>
    public byte FirstByte => (byte)(0x30 | (Duplicate ? 8 : 0) | ((int)Qos << 1) | (Retain ? 1 : 0));
}
