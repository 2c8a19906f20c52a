using System.Buffers.Binary;
using Fleet.Zvt;

namespace Fleet.Simulator.Tests.Traces;

/// <summary>Capture files for other people's tools: serial frames as user link type 147, APDUs in made-up IPv4/TCP packets.</summary>
internal static class Pcap
{
    private const uint RawIp = 101;
    private const uint User0 = 147;
    private const int Headers = 40;

    public static byte[] Of(IEnumerable<ZvtTraceEntry> entries, bool serial)
    {
        var file = new MemoryStream();
        Write(file, 0xA1B2C3D4, 0x00040002, 0, 0, 65535, serial ? User0 : RawIp);
        var (second, sent, received) = (0u, 1u, 1u);
        foreach (var entry in entries)
        {
            var packet = entry.Raw.ToArray();
            if (!serial)
            {
                var fromTerminal = entry.Direction == ZvtDirection.Sent;
                packet = Tcp(packet, fromTerminal, fromTerminal ? sent : received, fromTerminal ? received : sent);
                (sent, received) = fromTerminal ? (sent + (uint)entry.Raw.Length, received) : (sent, received + (uint)entry.Raw.Length);
            }

            Write(file, second++, 0, (uint)packet.Length, (uint)packet.Length);
            file.Write(packet);
        }

        return file.ToArray();
    }

    private static byte[] Tcp(byte[] payload, bool fromTerminal, uint sequence, uint acknowledged)
    {
        var packet = new byte[Headers + payload.Length];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        packet[8] = 64;
        packet[9] = 6;
        packet[12] = packet[16] = 127;
        packet[15] = packet[19] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), (ushort)(fromTerminal ? 20007 : 40000));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), (ushort)(fromTerminal ? 40000 : 20007));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(28), acknowledged);
        packet[32] = 0x50;
        packet[33] = 0x18;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(34), 65535);
        payload.CopyTo(packet, Headers);
        return packet;
    }

    private static void Write(Stream file, params uint[] words)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var word in words)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
            file.Write(bytes);
        }
    }
}
