using System.Buffers.Binary;

namespace Fleet.Agent.Journal;

/// <summary>
/// The last acknowledged entry, kept outside the journal file: an old or cut-off journal is recognised by it. It is written in
/// place without fsync, because an older mark is only a weaker witness, never a wrong one.
/// </summary>
internal sealed class HighWaterMark(string path)
{
    private const int PlainLength = 16 + sizeof(ulong);
    private static readonly byte[] Place = "mark"u8.ToArray();
    private static readonly RecordSeal Seal = new(key: null);

    /// <summary>The mark; null when there is none or it is unreadable.</summary>
    public (Guid Epoch, ulong Through)? Read()
    {
        try
        {
            return Seal.Open(Place, File.ReadAllBytes(path)) is { Length: PlainLength } plain
                ? (new Guid(plain.AsSpan(0, 16), bigEndian: true), BinaryPrimitives.ReadUInt64BigEndian(plain.AsSpan(16)))
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The mark could not be written; the journal works on without it.</exception>
    public void Write(Guid epoch, ulong through)
    {
        var plain = new byte[PlainLength];
        epoch.TryWriteBytes(plain, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(plain.AsSpan(16), through);
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        RandomAccess.Write(file, Seal.Seal(Place, plain), 0);
    }
}
