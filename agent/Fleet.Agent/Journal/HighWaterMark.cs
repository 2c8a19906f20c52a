using System.Buffers.Binary;
using Fleet.Contracts;
using Microsoft.Win32.SafeHandles;

namespace Fleet.Agent.Journal;

/// <summary>What was reached once, so that a file that holds less is recognised.</summary>
/// <param name="Epoch">Epoch it is said of.</param>
/// <param name="Through">Last entry that the server acknowledged.</param>
/// <param name="Last">Last entry that was durable.</param>
/// <param name="LastHash">Chain hash at it; empty when not known.</param>
internal sealed record JournalMark(Guid Epoch, ulong Through, ulong Last, ReadOnlyMemory<byte> LastHash)
{
    /// <summary>What a journal with this head has lost; null when it fits.</summary>
    public string? MissingFrom(JournalHead head) =>
        Epoch != head.Epoch ? null
        : Through > head.LastSequence ? $"the server holds entry {Through}, but the last entry here is {head.LastSequence}"
        : Last > head.LastSequence ? $"entry {Last} was stored here, but the last entry is {head.LastSequence}"
        : Last == head.LastSequence && LastHash.Length > 0 && !LastHash.Span.SequenceEqual(head.LastHash) ? $"entry {Last} is not the one that was stored"
        : null;
}

/// <summary>
/// The mark on disk, outside the journal file. It is written in place after each commit, without fsync, because an older mark is only a
/// weaker witness, never a wrong one. Owned by the journal's writer.
/// </summary>
internal sealed class HighWaterMark(string path) : IDisposable
{
    private const int OldLength = 16 + sizeof(ulong);
    private const int Length = OldLength + sizeof(ulong) + JournalChain.HashLength;
    private static readonly byte[] Place = "mark"u8.ToArray();
    private static readonly RecordSeal Seal = new(key: null);
    private SafeFileHandle? _file;

    /// <summary>The mark; null when there is none or it is unreadable.</summary>
    public JournalMark? Read()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[Math.Min(file.Length, 4096)];
            file.ReadExactly(bytes);
            return Seal.Open(Place, bytes) is { } plain ? Parse(plain) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The mark could not be written; the journal works on without it.</exception>
    public void Write(JournalMark mark)
    {
        Span<byte> plain = stackalloc byte[Length];
        mark.Epoch.TryWriteBytes(plain, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(plain[16..], mark.Through);
        BinaryPrimitives.WriteUInt64BigEndian(plain[OldLength..], mark.Last);
        mark.LastHash.Span.CopyTo(plain[(OldLength + sizeof(ulong))..]);
        _file ??= File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(_file, Seal.Seal(Place, plain), 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private static JournalMark? Parse(ReadOnlySpan<byte> plain) => plain.Length switch
    {
        Length => new JournalMark(
            EpochOf(plain), ThroughOf(plain), BinaryPrimitives.ReadUInt64BigEndian(plain[OldLength..]), plain[(OldLength + sizeof(ulong))..].ToArray()),
        OldLength => new JournalMark(EpochOf(plain), ThroughOf(plain), ThroughOf(plain), ReadOnlyMemory<byte>.Empty),
        _ => null,
    };

    private static Guid EpochOf(ReadOnlySpan<byte> plain) => new(plain[..16], bigEndian: true);

    private static ulong ThroughOf(ReadOnlySpan<byte> plain) => BinaryPrimitives.ReadUInt64BigEndian(plain[16..]);
}
