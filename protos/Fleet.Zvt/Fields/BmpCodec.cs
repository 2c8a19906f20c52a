using System.Buffers;
using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>Reads and writes the BMPs of a data block (reference sections 6 and 7).</summary>
public static class BmpCodec
{
    private const int MaxLl = 99;
    private const int MaxLll = 999;

    /// <summary>Reads BMPs to the end of <paramref name="data"/>. An unknown tag is no error here: see <see cref="BmpSet.Rest"/>.</summary>
    /// <param name="data">The data block or its tagged part.</param>
    /// <param name="baseOffset">Offset of <paramref name="data"/> in the data block, for errors.</param>
    public static ZvtParse<BmpSet> Parse(ReadOnlyMemory<byte> data, int baseOffset)
    {
        var fields = ImmutableArray.CreateBuilder<BmpField>();
        var at = 0;
        while (at < data.Length)
        {
            if (BmpTable.Find(data.Span[at]) is not { } definition)
            {
                return new(new BmpSet(fields.ToImmutable(), data[at..], baseOffset + at), null);
            }

            var error = ReadLength(data.Span[(at + 1)..], definition, baseOffset + at, out var header, out var length);
            if (error is null && data.Length - at - 1 - header < length)
            {
                error = new ZvtError(
                    ZvtFault.Truncated, baseOffset + at, definition.Label, $"needs {length} bytes, {Math.Max(0, data.Length - at - 1 - header)} are left");
            }

            if (error is not null)
            {
                return new(null, error);
            }

            fields.Add(new BmpField(definition.Tag, data.Slice(at + 1 + header, length), baseOffset + at));
            at += 1 + header + length;
        }

        return new(new BmpSet(fields.ToImmutable(), default, -1), null);
    }

    /// <summary>Writes tag, length and value of every field, then <see cref="BmpSet.Rest"/>.</summary>
    /// <exception cref="ArgumentException">A field does not fit its format.</exception>
    public static void Write(BmpSet set, IBufferWriter<byte> output)
    {
        foreach (var field in set.Fields)
        {
            output.Write([field.Tag]);
            WriteLength(field, output);
            output.Write(field.Value.Span);
        }

        output.Write(set.Rest.Span);
    }

    private static ZvtError? ReadLength(ReadOnlySpan<byte> data, BmpDefinition definition, int offset, out int header, out int length)
    {
        switch (definition.Format)
        {
            case BmpFormat.Fixed:
                header = 0;
                length = definition.Length;
                return null;
            case BmpFormat.Tlv:
                return TlvLength.Read(data, offset, definition.Label, out header, out length);
            default:
                header = definition.Format == BmpFormat.Ll ? 2 : 3;
                return ReadCounter(data, definition, offset, header, out length);
        }
    }

    private static ZvtError? ReadCounter(ReadOnlySpan<byte> data, BmpDefinition definition, int offset, int digits, out int length)
    {
        length = 0;
        for (var i = 0; i < digits; i++)
        {
            if (i >= data.Length)
            {
                return new ZvtError(ZvtFault.Truncated, offset, definition.Label, "ends inside its length counter");
            }

            if (data[i] is < 0xF0 or > 0xF9)
            {
                return new ZvtError(ZvtFault.BadCounter, offset, definition.Label, $"length counter byte {i + 1} is not F0 to F9");
            }

            length = (length * 10) + (data[i] & 0x0F);
        }

        return null;
    }

    private static void WriteLength(BmpField field, IBufferWriter<byte> output)
    {
        var definition = BmpTable.Find(field.Tag) ?? throw new ArgumentException($"{field.Label} is not in the table");
        var length = field.Value.Length;
        var fits = definition.Format switch
        {
            BmpFormat.Fixed => length == definition.Length,
            BmpFormat.Ll => length <= MaxLl,
            BmpFormat.Lll => length <= MaxLll,
            BmpFormat.Tlv => length <= Apdu.MaxDataLength,
            _ => throw new InvalidOperationException("No such format: " + definition.Format),
        };
        if (!fits)
        {
            throw new ArgumentException($"{definition.Label} cannot have {length} bytes");
        }

        switch (definition.Format)
        {
            case BmpFormat.Ll:
                output.Write([(byte)(0xF0 | (length / 10)), (byte)(0xF0 | (length % 10))]);
                break;
            case BmpFormat.Lll:
                output.Write([(byte)(0xF0 | (length / 100)), (byte)(0xF0 | (length / 10 % 10)), (byte)(0xF0 | (length % 10))]);
                break;
            case BmpFormat.Tlv:
                TlvLength.Write(length, output);
                break;
            default:
                break;
        }
    }
}
