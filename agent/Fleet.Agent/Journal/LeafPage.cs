using System.Buffers.Binary;

namespace Fleet.Agent.Journal;

/// <summary>
/// Rows of a page of the table of entries, read without SQLite (SQLite file format, chapters 1.6 and 2.1) and without believing it: what
/// comes out is a candidate that its seal proves or not.
/// </summary>
internal static class LeafPage
{
    private const byte TableLeaf = 13;
    private const int HeaderLength = 8;

    /// <summary>Key and record of each row that looks like an entry; none when it is another kind of page.</summary>
    public static IEnumerable<(ulong Sequence, byte[] Record)> Entries(ReadOnlyMemory<byte> page)
    {
        if (page.Length < HeaderLength || page.Span[0] != TableLeaf)
        {
            yield break;
        }

        var cells = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(page.Span[3..]), (page.Length - HeaderLength) / 2);
        for (var i = 0; i < cells; i++)
        {
            var at = BinaryPrimitives.ReadUInt16BigEndian(page.Span[(HeaderLength + (2 * i))..]);
            if (at < page.Length && TryEntry(page.Span[at..], out var sequence, out var record))
            {
                yield return (sequence, record);
            }
        }
    }

    // Payload length, key, then two columns: the key's place, empty, and a blob that lies on this page as a whole.
    private static bool TryEntry(ReadOnlySpan<byte> cell, out ulong sequence, out byte[] record)
    {
        (sequence, record) = (0, []);
        if (!TryNumber(ref cell, out var length) || !TryNumber(ref cell, out sequence) || length > (ulong)cell.Length)
        {
            return false;
        }

        var payload = cell[..(int)length];
        var header = payload;
        if (!TryNumber(ref header, out var headerLength) || !TryNumber(ref header, out var key) || !TryNumber(ref header, out var blob)
            || key != 0 || blob < 12 || blob % 2 != 0 || headerLength > length || (blob - 12) / 2 != length - headerLength)
        {
            return false;
        }

        record = payload[(int)headerLength..].ToArray();
        return true;
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> bytes, out ulong number)
    {
        number = 0;
        for (var i = 0; i < bytes.Length && i < 9; i++)
        {
            if (i == 8)
            {
                number = (number << 8) | bytes[i];
            }
            else
            {
                number = (number << 7) | (bytes[i] & 0x7Fu);
            }

            if (i == 8 || bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
