using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Fleet.Contracts.Link.V1;
using Google.Protobuf;

namespace Fleet.Agent.Journal;

/// <summary>
/// What surrounds a record on disk: proof that it is unchanged and in its own place, and, with a key, encryption. SQLite notices
/// no flipped bit by itself. The first byte tells the form, so a file may hold both while encryption is being switched on, and entries from before
/// their epoch was left out: it is the same in all of them, the seal proves it, and it is put back when an entry is opened.
/// </summary>
internal sealed class RecordSeal : IDisposable
{
    private const byte ChecksumForm = 1;
    private const byte EncryptedForm = 2;
    private const byte WithoutEpoch = 0x80;
    private const int ChecksumLength = 8;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private const int EntryPlaceLength = 1 + 16 + 8;
    private const int EntryHeadLength = 2 + 16;

    // The form is no part of what is proven: an entry with and without its epoch have different places instead.
    private const byte WholeEntry = (byte)'e';
    private const byte ShortEntry = (byte)'E';

    // A call for each nonce would cost as much as the encryption.
    private const int NoncesAtATime = 64;

    private const int OnStack = 1024;

    // AesGcm keeps state between calls: two threads in it at once make good records look damaged. Writer and readers share this seal, and neither
    // waits for the other.
    private readonly Lock _sealing = new();
    private readonly Lock _opening = new();
    private readonly AesGcm? _sealer;
    private readonly AesGcm? _opener;
    private readonly byte[] _nonces = new byte[NoncesAtATime * NonceLength];
    private int _noncesUsed = NoncesAtATime;

    /// <param name="key">32 bytes, or null for a checksum only.</param>
    public RecordSeal(byte[]? key)
    {
        (_sealer, _opener) = key is null ? (null, null) : (new AesGcm(key, TagLength), new AesGcm(key, TagLength));
        KeyTag = key is null ? 0 : Math.Max(1, BinaryPrimitives.ReadInt32BigEndian(SHA256.HashData(key)) & int.MaxValue);
    }

    /// <summary>Tells keys apart without showing anything of them; 0 = no key.</summary>
    public int KeyTag { get; }

    public void Dispose()
    {
        _sealer?.Dispose();
        _opener?.Dispose();
    }

    public byte[] Seal(ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain) =>
        _sealer is null ? WithChecksum(place, plain) : Encrypt(_sealer, place, plain);

    /// <summary>The record; null when it is not what was written there.</summary>
    public byte[]? Open(ReadOnlySpan<byte> place, ReadOnlySpan<byte> record) => record is [var form, .. var rest] ? Open(form, place, rest, []) : null;

    /// <summary>Seals the bytes of an entry that belongs to this place.</summary>
    public byte[] SealEntry(Guid epoch, ulong sequence, ReadOnlySpan<byte> entry)
    {
        Span<byte> place = stackalloc byte[EntryPlaceLength];
        Span<byte> head = stackalloc byte[EntryHeadLength];
        WriteHeadOfEntry(epoch, head);
        var isShort = entry.StartsWith(head);
        WritePlaceOfEntry(isShort ? ShortEntry : WholeEntry, epoch, sequence, place);
        var record = Seal(place, isShort ? entry[head.Length..] : entry);
        record[0] |= isShort ? WithoutEpoch : (byte)0;
        return record;
    }

    /// <summary>The entry, byte for byte; null when it is not what was written there.</summary>
    public byte[]? OpenEntry(Guid epoch, ulong sequence, ReadOnlySpan<byte> record)
    {
        if (record is not [var form, .. var rest])
        {
            return null;
        }

        Span<byte> place = stackalloc byte[EntryPlaceLength];
        Span<byte> head = stackalloc byte[EntryHeadLength];
        WriteHeadOfEntry(epoch, head);
        var isShort = (form & WithoutEpoch) != 0;
        WritePlaceOfEntry(isShort ? ShortEntry : WholeEntry, epoch, sequence, place);
        return Open((byte)(form & ~WithoutEpoch), place, rest, isShort ? head : []);
    }

    public static byte[] PlaceOfState(string key) => Encoding.UTF8.GetBytes("s" + key);

    public static byte[] PlaceOfFact(string name) => Encoding.UTF8.GetBytes("f" + name);

    private static void WritePlaceOfEntry(byte kind, Guid epoch, ulong sequence, Span<byte> place)
    {
        place[0] = kind;
        epoch.TryWriteBytes(place[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(place[17..], sequence);
    }

    // How every entry begins when it is serialized: field 1, 16 bytes.
    private static void WriteHeadOfEntry(Guid epoch, Span<byte> head)
    {
        (head[0], head[1]) = ((JournalEntry.EpochFieldNumber << 3) | (int)WireFormat.WireType.LengthDelimited, 16);
        epoch.TryWriteBytes(head[2..], bigEndian: true, out _);
    }

    private byte[]? Open(byte form, ReadOnlySpan<byte> place, ReadOnlySpan<byte> rest, ReadOnlySpan<byte> head) => form switch
    {
        ChecksumForm when rest.Length >= ChecksumLength => CheckedBody(place, rest, head),
        EncryptedForm when rest.Length >= NonceLength + TagLength && _opener is not null => Decrypt(_opener, place, rest, head),
        _ => null,
    };

    private static byte[] WithChecksum(ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain)
    {
        var record = new byte[1 + ChecksumLength + plain.Length];
        record[0] = ChecksumForm;
        Checksum(place, plain, record.AsSpan(1, ChecksumLength));
        plain.CopyTo(record.AsSpan(1 + ChecksumLength));
        return record;
    }

    private static byte[]? CheckedBody(ReadOnlySpan<byte> place, ReadOnlySpan<byte> rest, ReadOnlySpan<byte> head)
    {
        Span<byte> checksum = stackalloc byte[ChecksumLength];
        var body = rest[ChecksumLength..];
        Checksum(place, body, checksum);
        return checksum.SequenceEqual(rest[..ChecksumLength]) ? [.. head, .. body] : null;
    }

    private static void Checksum(ReadOnlySpan<byte> place, ReadOnlySpan<byte> body, Span<byte> destination)
    {
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        var length = place.Length + body.Length;
        var both = length <= OnStack ? (stackalloc byte[OnStack])[..length] : new byte[length];
        place.CopyTo(both);
        body.CopyTo(both[place.Length..]);
        SHA256.HashData(both, full);
        full[..ChecksumLength].CopyTo(destination);
    }

    private byte[] Encrypt(AesGcm cipher, ReadOnlySpan<byte> place, ReadOnlySpan<byte> plain)
    {
        var record = new byte[1 + NonceLength + TagLength + plain.Length];
        record[0] = EncryptedForm;

        // Random, because a sequence is used again after a failed commit and its first ciphertext may already be on the disk.
        var nonce = record.AsSpan(1, NonceLength);
        lock (_sealing)
        {
            TakeNonceLocked(nonce);
            cipher.Encrypt(nonce, plain, record.AsSpan(1 + NonceLength + TagLength), record.AsSpan(1 + NonceLength, TagLength), place);
        }

        return record;
    }

    private void TakeNonceLocked(Span<byte> nonce)
    {
        if (_noncesUsed == NoncesAtATime)
        {
            RandomNumberGenerator.Fill(_nonces);
            _noncesUsed = 0;
        }

        _nonces.AsSpan(_noncesUsed++ * NonceLength, NonceLength).CopyTo(nonce);
    }

    private byte[]? Decrypt(AesGcm cipher, ReadOnlySpan<byte> place, ReadOnlySpan<byte> rest, ReadOnlySpan<byte> head)
    {
        var plain = new byte[head.Length + rest.Length - NonceLength - TagLength];
        head.CopyTo(plain);
        try
        {
            lock (_opening)
            {
                cipher.Decrypt(rest[..NonceLength], rest[(NonceLength + TagLength)..], rest.Slice(NonceLength, TagLength), plain.AsSpan(head.Length), place);
            }

            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
