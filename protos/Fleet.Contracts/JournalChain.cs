using System.Buffers;
using System.Security.Cryptography;

namespace Fleet.Contracts;

/// <summary>
/// The hash chain over a journal: <c>hash(n) = SHA-256(hash(n-1) || entry(n))</c>, beginning with 32 zero bytes.
/// Agent and server compute it from the same bytes, so a lost, changed or reordered entry shows on either side.
/// </summary>
public static class JournalChain
{
    /// <summary>Length of a hash in bytes.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    private const int OnStack = 1024;

    /// <summary>Hash before the first entry of an epoch.</summary>
    public static ReadOnlyMemory<byte> Genesis { get; } = new byte[HashLength];

    /// <summary>Hash after an entry.</summary>
    /// <param name="previousHash">Hash before it, 32 bytes.</param>
    /// <param name="entry">The serialized <c>JournalEntry</c>.</param>
    public static byte[] Next(ReadOnlySpan<byte> previousHash, ReadOnlySpan<byte> entry)
    {
        var hash = new byte[HashLength];
        Next(previousHash, entry, hash);
        return hash;
    }

    /// <summary>Hash after an entry, into <paramref name="destination"/> (32 bytes; may be the same memory as <paramref name="previousHash"/>).</summary>
    public static void Next(ReadOnlySpan<byte> previousHash, ReadOnlySpan<byte> entry, Span<byte> destination)
    {
        if (previousHash.Length != HashLength)
        {
            throw new ArgumentException($"A chain hash has {HashLength} bytes, not {previousHash.Length}.", nameof(previousHash));
        }

        // In one piece: a hash that is fed in steps costs three times as much for entries of the usual length.
        var length = HashLength + entry.Length;
        var rented = length > OnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        try
        {
            var both = (rented ?? stackalloc byte[OnStack])[..length];
            previousHash.CopyTo(both);
            entry.CopyTo(both[HashLength..]);
            SHA256.HashData(both, destination);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
