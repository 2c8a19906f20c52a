using Fleet.Mqtt.Packets;
using Fleet.Mqtt.Topics;

namespace Fleet.Mqtt.Codec;

/// <summary>CONNECT of MQTT 3.1, 3.1.1 and 5.0 (3.1).</summary>
internal static class ConnectDecoder
{
    public static ConnectPacket Decode(byte header, ReadOnlySpan<byte> body, MqttDecodeLimits limits)
    {
        var reader = new MqttReader(body);
        var version = ReadVersion(ref reader);
        if (version != MqttVersion.V31)
        {
            // 3.1 gives these bits no meaning in CONNECT.
            MqttDecoder.CheckFlags(MqttPacketType.Connect, header);
        }

        var flags = new ConnectFlags(reader.ReadByte("Connect Flags"));
        flags.Check(version);
        var keepAlive = reader.ReadUInt16("Keep Alive");
        var properties = MqttDecoder.ReadProperties(ref reader, version, PropertyScope.Connect, limits);
        var clientId = reader.ReadString("Client Identifier");
        var will = flags.Will ? ReadWill(ref reader, flags, version, limits) : null;
        var userName = flags.UserName ? reader.ReadString("User Name") : null;
        ReadOnlyMemory<byte>? password = flags.Password ? reader.ReadBinary("Password").ToArray() : null;
        reader.ExpectEnd("CONNECT");
        return new ConnectPacket
        {
            Version = version,
            ClientId = clientId,
            CleanStart = flags.CleanStart,
            KeepAlive = keepAlive,
            UserName = userName,
            Password = password,
            Will = will,
            Properties = properties,
        };
    }

    private static MqttVersion ReadVersion(ref MqttReader reader)
    {
        var name = reader.ReadBinary("Protocol Name");
        var isMqtt = name.SequenceEqual("MQTT"u8);
        if (!isMqtt && !name.SequenceEqual("MQIsdp"u8))
        {
            throw MqttProtocolException.Malformed("Protocol Name is not MQTT [MQTT-3.1.2-1].");
        }

        var level = reader.ReadByte("Protocol Version");
        return (isMqtt, level) switch
        {
            (true, 4) => MqttVersion.V311,
            (true, 5) => MqttVersion.V5,
            (false, 3) => MqttVersion.V31,
            _ => throw new MqttProtocolException(MqttReasonCode.UnsupportedProtocolVersion, $"Protocol Version {level} [MQTT-3.1.2-2]."),
        };
    }

    private static WillMessage ReadWill(ref MqttReader reader, ConnectFlags flags, MqttVersion version, MqttDecodeLimits limits)
    {
        var properties = MqttDecoder.ReadProperties(ref reader, version, PropertyScope.Will, limits);
        var topic = reader.ReadString("Will Topic");
        if (!MqttTopic.IsValidName(topic))
        {
            throw MqttProtocolException.Malformed("Will Topic is not a topic name [MQTT-4.7.1-1] [MQTT-4.7.3-1].");
        }

        return new WillMessage
        {
            Topic = topic,
            Payload = reader.ReadBinary("Will Payload").ToArray(),
            Qos = flags.WillQos,
            Retain = flags.WillRetain,
            Properties = properties,
        };
    }

    private readonly struct ConnectFlags(byte value)
    {
        public bool CleanStart => (value & 0x02) != 0;

        public bool Will => (value & 0x04) != 0;

        public MqttQos WillQos => (MqttQos)((value >> 3) & 3);

        public bool WillRetain => (value & 0x20) != 0;

        public bool Password => (value & 0x40) != 0;

        public bool UserName => (value & 0x80) != 0;

        public void Check(MqttVersion version)
        {
            if ((value & 1) != 0 && version != MqttVersion.V31)
            {
                throw MqttProtocolException.Malformed("Reserved Connect Flag is set [MQTT-3.1.2-3].");
            }

            if ((value & 0x18) == 0x18)
            {
                throw MqttProtocolException.Malformed("Will QoS is 3 [MQTT-3.1.2-12].");
            }

            if (!Will && (value & 0x38) != 0)
            {
                throw MqttProtocolException.Malformed("Will QoS or Will Retain without Will Flag [MQTT-3.1.2-11] [MQTT-3.1.2-13].");
            }

            if (Password && !UserName && version != MqttVersion.V5)
            {
                throw MqttProtocolException.Malformed("Password without User Name [MQTT-3.1.2-22] (3.1.1).");
            }
        }
    }
}
