using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Core.Internal;

/// <summary>The five bytes before each message: one of flags, four of length, big endian (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
internal static class Envelope
{
    public const int Size = 5;

    /// <summary>Bit 0: the message is compressed.</summary>
    public const byte Compressed = 0x01;

    /// <summary>Bit 1 (Connect streams): the last envelope, which holds the outcome.</summary>
    public const byte EndStream = 0x02;

    /// <summary>Bit 7 (gRPC-Web): the envelope holds the trailers.</summary>
    public const byte Trailers = 0x80;

    public static void Write(Span<byte> destination, byte flags, int length)
    {
        destination[0] = flags;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], length);
    }

    /// <summary>Reads flags and length; false if fewer than five bytes are there.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> source, out byte flags, out uint length)
    {
        flags = 0;
        length = 0;
        if (source.Length < Size)
        {
            return false;
        }

        var first = source.FirstSpan;
        if (first.Length >= Size)
        {
            flags = first[0];
            length = BinaryPrimitives.ReadUInt32BigEndian(first[1..]);
            return true;
        }

        Span<byte> copy = stackalloc byte[Size];
        source.Slice(0, Size).CopyTo(copy);
        flags = copy[0];
        length = BinaryPrimitives.ReadUInt32BigEndian(copy[1..]);
        return true;
    }
}
