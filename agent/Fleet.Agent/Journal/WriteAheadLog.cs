using System.Buffers.Binary;

namespace Fleet.Agent.Journal;

/// <summary>
/// The write-ahead log of a journal, read without SQLite (SQLite file format, chapter 4). SQLite takes the first frame with a wrong
/// checksum for the end of the log: one flipped bit silently drops every commit that follows.
/// </summary>
internal static class WriteAheadLog
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;
    private const int UsualPageSize = 4096;
    private const uint Magic = 0x377f0682;

    /// <summary>What is wrong with the log; null when it is whole, or such as a crash may leave it.</summary>
    /// <remarks>
    /// A commit is only begun when the one before is on the disk. So a frame may be bad at the end, in a commit that nobody was told
    /// of, but never with a whole commit and more behind it.
    /// </remarks>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? FindDamage(string database)
    {
        using var log = Frames.Open(database);
        if (log is null || log.IsBlank)
        {
            return null;
        }

        if (!log.HasHeader)
        {
            return "the header of the write-ahead log is damaged";
        }

        long? bad = null;
        var committed = false;
        while (log.Next() is { } frame)
        {
            bad ??= frame.IsWhole ? null : frame.Number;
            if (bad is null || !frame.IsOfThisLog)
            {
                continue;
            }

            if (committed)
            {
                return $"frame {bad} of the write-ahead log is damaged";
            }

            committed = frame.IsCommit;
        }

        return null;
    }

    /// <summary>The pages of all frames in the order they were written, damaged or not; the memory is valid until the next one.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Pages(string database)
    {
        using var log = Frames.Open(database);
        while (log?.Next() is { } frame)
        {
            yield return frame.Page;
        }
    }

    private sealed record Frame(long Number, bool IsOfThisLog, bool IsWhole, bool IsCommit, ReadOnlyMemory<byte> Page);

    private sealed class Frames : IDisposable
    {
        private readonly FileStream _file;
        private readonly byte[] _header = new byte[HeaderLength];
        private readonly byte[] _frame;
        private readonly bool _bigEndian;
        private (uint First, uint Second) _sum;
        private long _number;

        private Frames(FileStream file)
        {
            _file = file;
            file.ReadExactly(_header);
            var magic = BinaryPrimitives.ReadUInt32BigEndian(_header);
            _bigEndian = (magic & 1) == 1;
            _sum = Sum((0, 0), _header.AsSpan(0, 24));
            HasHeader = (magic & ~1u) == Magic && _sum == Stored(_header.AsSpan(24));
            var size = HasHeader ? (int)BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(8)) : UsualPageSize;
            _frame = new byte[FrameHeaderLength + (size is >= 512 and <= 65536 ? size : UsualPageSize)];
        }

        /// <summary>Nothing of it was ever made durable.</summary>
        public bool IsBlank => !_header.AsSpan().ContainsAnyExcept((byte)0);

        public bool HasHeader { get; }

        /// <summary>Null when there is no log.</summary>
        public static Frames? Open(string database)
        {
            var path = database + "-wal";
            if (!File.Exists(path) || new FileInfo(path).Length < HeaderLength)
            {
                return null;
            }

            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 64 * 1024);
            try
            {
                return new Frames(file);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        public Frame? Next()
        {
            if (_file.ReadAtLeast(_frame, _frame.Length, throwOnEndOfStream: false) < _frame.Length)
            {
                return null;
            }

            var page = _frame.AsMemory(FrameHeaderLength);
            _sum = Sum(Sum(_sum, _frame.AsSpan(0, 8)), page.Span);
            var isOfThisLog = _frame.AsSpan(8, 8).SequenceEqual(_header.AsSpan(16, 8));
            var isWhole = isOfThisLog && _sum == Stored(_frame.AsSpan(16)) && BinaryPrimitives.ReadUInt32BigEndian(_frame) != 0;
            return new Frame(++_number, isOfThisLog, isWhole, BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(4)) != 0, page);
        }

        public void Dispose() => _file.Dispose();

        private (uint First, uint Second) Sum((uint First, uint Second) sum, ReadOnlySpan<byte> bytes)
        {
            var (first, second) = sum;
            for (; bytes.Length >= 8; bytes = bytes[8..])
            {
                unchecked
                {
                    first += Word(bytes) + second;
                    second += Word(bytes[4..]) + first;
                }
            }

            return (first, second);
        }

        private uint Word(ReadOnlySpan<byte> bytes) =>
            _bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

        private static (uint First, uint Second) Stored(ReadOnlySpan<byte> bytes) =>
            (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]));
    }
}
