using System.Buffers.Binary;

namespace Fleet.Zvt.Tests.Conversations;

/// <summary>Writes what a trace saw as a capture file that protocol analysers read.</summary>
public sealed class PcapFile
{
    private const uint RawIp = 101;
    private const uint User0 = 147;
    private const ushort TillPort = 40000;
    private const ushort TerminalPort = 20007;

    private readonly MemoryStream _file = new();
    private readonly bool _serial;
    private uint _tillSequence = 1;
    private uint _terminalSequence = 1;

    public PcapFile(bool serial)
    {
        _serial = serial;
        Write32(0xA1B2C3D4);
        Write32(0x00040002);
        Write32(0);
        Write32(0);
        Write32(65535);
        Write32(serial ? User0 : RawIp);
    }

    public int Packets { get; private set; }

    public void Add(bool fromTill, ReadOnlySpan<byte> bytes)
    {
        var packet = _serial ? bytes.ToArray() : Segment(fromTill, bytes);
        Write32((uint)(1_700_000_000 + Packets));
        Write32(0);
        Write32((uint)packet.Length);
        Write32((uint)packet.Length);
        _file.Write(packet);
        Packets++;
    }

    public void Save(string path) => File.WriteAllBytes(path, _file.ToArray());

    private byte[] Segment(bool fromTill, ReadOnlySpan<byte> bytes)
    {
        var packet = new byte[40 + bytes.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = 6;
        packet[12] = packet[16] = 127;
        packet[15] = packet[19] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), fromTill ? TillPort : TerminalPort);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), fromTill ? TerminalPort : TillPort);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), fromTill ? _tillSequence : _terminalSequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(28), fromTill ? _terminalSequence : _tillSequence);
        packet[32] = 0x50;
        packet[33] = 0x18;
        packet[34] = 0xFF;
        bytes.CopyTo(packet.AsSpan(40));
        if (fromTill)
        {
            _tillSequence += (uint)bytes.Length;
        }
        else
        {
            _terminalSequence += (uint)bytes.Length;
        }

        return packet;
    }

    private void Write32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _file.Write(bytes);
    }
}
