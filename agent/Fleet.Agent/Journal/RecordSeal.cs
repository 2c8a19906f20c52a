using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fleet.Agent.Journal;

/// <summary>
/// What surrounds a record on disk: proof that it is unchanged and in its own place, and, with a key, encryption. SQLite notices
/// no flipped bit by itself. The first byte tells the form, so a file may hold both while encryption is being switched on.
/// </summary>
internal sealed class RecordSeal : IDisposable
{
    private const byte ChecksumForm = 1;
    private const byte EncryptedForm = 2;
    private const int ChecksumLength = 8;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    /// <summary>Length of the place of an entry.</summary>
    public const int EntryPlaceLength = 1 + 16 + 8;

    // AesGcm keeps state between calls: two threads in it at once make good records look damaged. Writer and readers share this seal.
    private readonly Lock _lock = new();
    private readonly AesGcm? _cipher;

    /// <param name="key">32 bytes, or null for a checksum only.</param>
    public RecordSeal(byte[]? key)
    {
        _cipher = key is null ? null : new AesGcm(key, TagLength);
        KeyTag = key is null ? 0 : Math.Max(1, BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(key)) & int.MaxValue);
    }

    /// <summary>Tells keys apart without showing anything of them; 0 = no key.</summary>
    public int KeyTag { get; }

    public void Dispose() => _cipher?.Dispose();

    public byte[] Seal(ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain) =>
        _cipher is null ? WithChecksum(place, plain) : Encrypt(_cipher, place, plain);

    /// <summary>The record; null when it is not what was written there.</summary>
    public byte[]? Open(ReadOnlySpan<byte> place, ReadOnlySpan<byte> record) => record switch
    {
        [ChecksumForm, .. var rest] when rest.Length >= ChecksumLength => CheckedBody(place, rest),
        [EncryptedForm, .. var rest] when rest.Length >= NonceLength + TagLength && _cipher is not null => Decrypt(_cipher, place, rest),
        _ => null,
    };

    public static byte[] PlaceOfEntry(Guid epoch, ulong sequence)
    {
        var place = new byte[EntryPlaceLength];
        WritePlaceOfEntry(epoch, sequence, place);
        return place;
    }

    public static void WritePlaceOfEntry(Guid epoch, ulong sequence, Span<byte> place)
    {
        place[0] = (byte)'e';
        epoch.TryWriteBytes(place[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(place[17..], sequence);
    }

    public static byte[] PlaceOfState(string key) => Encoding.UTF8.GetBytes("s" + key);

    public static byte[] PlaceOfFact(string name) => Encoding.UTF8.GetBytes("f" + name);

    private static byte[] WithChecksum(ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain)
    {
        var record = new byte[1 + ChecksumLength + plain.Length];
        record[0] = ChecksumForm;
        Checksum(place, plain, record.AsSpan(1, ChecksumLength));
        plain.CopyTo(record.AsSpan(1 + ChecksumLength));
        return record;
    }

    private static byte[]? CheckedBody(ReadOnlySpan<byte> place, ReadOnlySpan<byte> rest)
    {
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        var body = rest[ChecksumLength..];
        Checksum(place, body, checksum);
        return checksum.SequenceEqual(rest[..ChecksumLength]) ? body.ToArray() : null;
    }

    private static void Checksum(ReadOnlySpan<byte> place, ReadOnlySpan<byte> body, Span<byte> destination)
    {
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(place);
        hash.AppendData(body);
        hash.GetHashAndReset(full);
        full[..ChecksumLength].CopyTo(destination);
    }

    private byte[] Encrypt(AesGcm cipher, ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain)
    {
        var record = new byte[1 + NonceLength + TagLength + plain.Length];
        record[0] = EncryptedForm;

        // Random, because a sequence is used again after a failed commit and its first ciphertext may already be on the disk.
        var nonce = record.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        lock (_lock)
        {
            cipher.Encrypt(nonce, plain, record.AsSpan(1 + NonceLength + TagLength), record.AsSpan(1 + NonceLength, TagLength), place);
        }

        return record;
    }

    private byte[]? Decrypt(AesGcm cipher, ReadOnlySpan<byte> place, ReadOnlySpan<byte> rest)
    {
        var plain = new byte[rest.Length - NonceLength - TagLength];
        try
        {
            lock (_lock)
            {
                cipher.Decrypt(rest[..NonceLength], rest[(NonceLength + TagLength)..], rest.Slice(NonceLength, TagLength), plain, place);
            }

            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
