using System.Buffers.Binary;

namespace Fleet.Grpc.Server.Tests.Support;

/// <summary>Envelopes as a peer makes and reads them.</summary>
internal static class Frames
{
    public static byte[] Frame(byte flags, byte[] payload)
    {
        var frame = new byte[payload.Length + 5];
        frame[0] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static IReadOnlyList<(byte Flags, byte[] Payload)> Split(byte[] body)
    {
        var frames = new List<(byte, byte[])>();
        for (var at = 0; at < body.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            frames.Add((body[at], body[(at + 5)..(at + 5 + length)]));
            at += 5 + length;
        }

        return frames;
    }
}
