namespace Fleet.Zvt;

/// <summary>06 20: repeats the last receipt. Service byte 01 sends 04 0F of the last transaction, 02 prints nothing.</summary>
public sealed record RepeatReceipt : PasswordCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0620;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Service byte of the recovery dialogue: 04 0F, no printing (section 15.2).</summary>
    public const byte StatusOnly = 0x03;

    /// <summary>Service byte (section 11.3).</summary>
    public byte? ServiceByte
    {
        get => Fields.Byte(Bmp.ServiceByte);
        init => Fields = Put(Bmp.ServiceByte, value);
    }

    /// <summary>Reads 06 20.</summary>
    public static ZvtParse<RepeatReceipt> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new RepeatReceipt { Password = r.Password(), Fields = r.Bmps() });
}
