namespace Fleet.Zvt;

/// <summary>Takes the fields of a data block one after the other. The first error sticks; what is read after it is empty.</summary>
internal sealed class BlockReader(ReadOnlyMemory<byte> data)
{
    private int _at;

    public ZvtError? Error { get; private set; }

    public int Remaining => data.Length - _at;

    public byte? Peek => Remaining > 0 ? data.Span[_at] : null;

    /// <summary>Reads a message of the code expected.</summary>
    public static ZvtParse<T> Read<T>(Apdu apdu, int code, Func<BlockReader, T> read)
        where T : class
    {
        if (apdu.Code != code)
        {
            return new(null, new ZvtError(ZvtFault.WrongCommand, 0, "command", $"{apdu.Code:X4} is not {code:X4}"));
        }

        var reader = new BlockReader(apdu.Data);
        var value = read(reader);
        if (reader.Error is null && reader.Remaining > 0)
        {
            reader.Fail(ZvtFault.Excess, "end of message", $"{reader.Remaining} bytes too many");
        }

        return reader.Error is null ? new(value, null) : new(null, reader.Error);
    }

    public ReadOnlyMemory<byte> Take(int count, string field)
    {
        if (Error is not null)
        {
            return default;
        }

        if (Remaining < count)
        {
            Fail(ZvtFault.Truncated, field, $"needs {count} bytes, {Remaining} are left");
            return default;
        }

        _at += count;
        return data.Slice(_at - count, count);
    }

    public byte Byte(string field) => Take(1, field) is { Length: 1 } one ? one.Span[0] : (byte)0;

    public byte? OptionalByte(string field) => Remaining > 0 ? Byte(field) : null;

    public int Digits(int count, string field)
    {
        var offset = _at;
        var bytes = Take(count, field);
        if (!Bcd.TryRead(bytes.Span, out var value))
        {
            Fail(ZvtFault.BadDigits, field, "holds a nibble that is no digit", offset);
        }

        return (int)value;
    }

    public ZvtPassword Password(string field = "password") => Take(3, field) is { Length: 3 } bytes ? ZvtPassword.FromBytes(bytes.Span) : default;

    public ReadOnlyMemory<byte> Rest() => Take(Remaining, "rest");

    /// <summary>Everything left as BMPs; amounts and currencies must be digits, because a message with a bad one must not be believed.</summary>
    public BmpSet Bmps()
    {
        if (Error is not null)
        {
            return BmpSet.Empty;
        }

        var parsed = BmpCodec.Parse(data[_at..], _at);
        _at = data.Length;
        Error = parsed.Error;
        if (parsed.Value is not { } set)
        {
            return BmpSet.Empty;
        }

        foreach (var tag in (ReadOnlySpan<byte>)[Bmp.Amount, Bmp.Currency])
        {
            if (set.Find(tag) is { } field && !Bcd.TryRead(field.Value.Span, out _))
            {
                Fail(ZvtFault.BadDigits, field.Label, "holds a nibble that is no digit", field.Offset);
            }
        }

        return set;
    }

    public void Fail(ZvtFault fault, string field, string detail, int? offset = null) => Error ??= new ZvtError(fault, offset ?? _at, field, detail);
}
