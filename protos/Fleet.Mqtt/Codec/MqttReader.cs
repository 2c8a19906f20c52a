using System.Buffers.Binary;
using System.Text;

namespace Fleet.Mqtt.Codec;

/// <summary>Reads the data types of MQTT 5.0, section 1.5, from the body of one packet. Every method refuses to read past the end.</summary>
internal ref struct MqttReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public readonly int Remaining => _rest.Length;

    public readonly bool End => _rest.IsEmpty;

    public byte ReadByte(string field) => Take(1, field)[0];

    public ushort ReadUInt16(string field) => BinaryPrimitives.ReadUInt16BigEndian(Take(2, field));

    public uint ReadUInt32(string field) => BinaryPrimitives.ReadUInt32BigEndian(Take(4, field));

    /// <summary>Variable Byte Integer (1.5.5): at most four bytes, in the fewest possible.</summary>
    public uint ReadVariable(string field)
    {
        uint value = 0;
        for (var i = 0; i < 4; i++)
        {
            var b = ReadByte(field);
            value |= (uint)(b & 0x7F) << (7 * i);
            if ((b & 0x80) != 0)
            {
                continue;
            }

            if (b == 0 && i > 0)
            {
                throw MqttProtocolException.Malformed($"{field}: not encoded in the fewest bytes [MQTT-1.5.5-1].");
            }

            return value;
        }

        throw MqttProtocolException.Malformed($"{field}: longer than four bytes (1.5.5).");
    }

    /// <summary>Binary Data (1.5.6).</summary>
    public ReadOnlySpan<byte> ReadBinary(string field) => Take(ReadUInt16(field), field);

    /// <summary>UTF-8 Encoded String (1.5.4), checked, as its bytes.</summary>
    public ReadOnlySpan<byte> ReadUtf8(string field)
    {
        var bytes = Take(ReadUInt16(field), field);
        if (!MqttText.IsValid(bytes))
        {
            throw MqttProtocolException.Malformed($"{field}: not a UTF-8 string that MQTT allows [MQTT-1.5.4-1] [MQTT-1.5.4-2].");
        }

        return bytes;
    }

    public string ReadString(string field) => Encoding.UTF8.GetString(ReadUtf8(field));

    public ReadOnlySpan<byte> ReadRest()
    {
        var rest = _rest;
        _rest = default;
        return rest;
    }

    public MqttReader Slice(int length, string field) => new(Take(length, field));

    /// <summary>Bytes behind the last field are a malformed packet.</summary>
    public readonly void ExpectEnd(string packet)
    {
        if (!_rest.IsEmpty)
        {
            throw MqttProtocolException.Malformed($"{packet}: {_rest.Length} bytes behind its last field (4.13).");
        }
    }

    private ReadOnlySpan<byte> Take(int length, string field)
    {
        if (_rest.Length < length)
        {
            throw MqttProtocolException.Malformed($"{field}: {length} bytes expected, {_rest.Length} are left (4.13).");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
