using System.Buffers;

namespace Fleet.Zvt;

/// <summary>A command with its fields. Immutable; equality by content.</summary>
public abstract record ZvtMessage
{
    /// <summary>Class and instruction, for example 0601.</summary>
    public abstract int Code { get; }

    /// <summary>The APDU of this message.</summary>
    public abstract Apdu ToApdu();
}

/// <summary>A command whose data block is BMPs, after untagged fields in some commands. Fields that have no property are kept in <see cref="Fields"/>.</summary>
public abstract record BmpMessage : ZvtMessage
{
    /// <summary>All BMPs in the order of the wire.</summary>
    public BmpSet Fields { get; init; } = BmpSet.Empty;

    /// <summary>The TLV container; null when absent or broken.</summary>
    public TlvContainer? Tlv
    {
        get => Fields.Tlv();
        init => Fields = Put(Bmp.Tlv, value?.ToArray());
    }

    private protected virtual BmpOrder Order => BmpOrder.Command;

    /// <inheritdoc/>
    public sealed override Apdu ToApdu()
    {
        var data = new ArrayBufferWriter<byte>();
        WritePrefix(data);
        BmpCodec.Write(Fields, data);
        return Apdu.Of(Code, data.WrittenMemory);
    }

    private protected virtual void WritePrefix(IBufferWriter<byte> output)
    {
    }

    private protected BmpSet Put(byte tag, byte[]? value) => Fields.With(tag, value, Order);

    private protected BmpSet Put(byte tag, byte? value) => Put(tag, value is { } b ? [b] : (byte[]?)null);

    private protected BmpSet PutDigits(byte tag, long? value) =>
        Put(tag, value is { } number ? Bcd.Write(number, BmpTable.Find(tag)!.Length) : null);

    private protected BmpSet PutText(byte tag, string? text) => Put(tag, text is null ? null : ZvtText.Encode(text));

    private protected BmpSet PutPadded(byte tag, string? text, byte padding)
    {
        if (text is null)
        {
            return Put(tag, (byte[]?)null);
        }

        var bytes = new byte[BmpTable.Find(tag)!.Length];
        Array.Fill(bytes, padding);
        ZvtText.Encode(text).CopyTo(bytes, 0);
        return Put(tag, bytes);
    }
}
