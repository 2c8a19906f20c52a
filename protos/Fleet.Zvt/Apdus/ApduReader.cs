using System.Buffers;

namespace Fleet.Zvt;

/// <summary>What <see cref="ApduReader.TryRead"/> found.</summary>
public enum ApduReadStatus
{
    /// <summary>One APDU was taken off the front of the buffer.</summary>
    Complete,

    /// <summary>The buffer holds the beginning of an APDU; nothing was taken.</summary>
    Incomplete,

    /// <summary>The length field names more bytes than the bound; nothing was taken.</summary>
    TooLong,
}

/// <summary>Incremental APDU parsing: segmentation of a byte stream is arbitrary (reference section 3).</summary>
public static class ApduReader
{
    /// <summary>Takes one APDU off the front of <paramref name="buffer"/> when it is complete.</summary>
    /// <param name="buffer">Moved behind the APDU on <see cref="ApduReadStatus.Complete"/>, otherwise untouched.</param>
    /// <param name="maxDataLength">Bound for the data block in bytes.</param>
    /// <param name="apdu">The APDU with data of its own (copied), or null.</param>
    public static ApduReadStatus TryRead(ref ReadOnlySequence<byte> buffer, int maxDataLength, out Apdu? apdu)
    {
        apdu = null;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out var @class) || !reader.TryRead(out var instruction) || !reader.TryRead(out var shortLength))
        {
            return ApduReadStatus.Incomplete;
        }

        int length = shortLength;
        if (shortLength == 0xFF)
        {
            if (!reader.TryRead(out var low) || !reader.TryRead(out var high))
            {
                return ApduReadStatus.Incomplete;
            }

            length = low | (high << 8);
        }

        if (length > maxDataLength)
        {
            return ApduReadStatus.TooLong;
        }

        if (reader.Remaining < length)
        {
            return ApduReadStatus.Incomplete;
        }

        var data = reader.UnreadSequence.Slice(0, length);
        apdu = new Apdu(@class, instruction, data.ToArray(), shortLength == 0xFF);
        buffer = buffer.Slice(data.End);
        return ApduReadStatus.Complete;
    }
}
