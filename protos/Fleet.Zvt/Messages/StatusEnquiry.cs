using System.Buffers;

namespace Fleet.Zvt;

/// <summary>05 01: asks for the state of the terminal.</summary>
public sealed record StatusEnquiry : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0501;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Password; null leaves it out. Where a field follows, 000000 stands in for it: the place of the password is fixed.</summary>
    public ZvtPassword? Password { get; init; }

    /// <summary>Service byte (section 11.3).</summary>
    public byte? ServiceByte
    {
        get => Fields.Byte(Bmp.ServiceByte);
        init => Fields = Put(Bmp.ServiceByte, value);
    }

    /// <summary>True when the answer may begin with the software version: bit 02 of the service byte is clear (section 11.3).</summary>
    public bool WantsVersion => ((ServiceByte ?? 0) & 0x02) == 0;

    /// <summary>True when the answer may carry TLV details: bit 04 of the service byte is set.</summary>
    public bool WantsDetails => ((ServiceByte ?? 0) & 0x04) != 0;

    /// <summary>Reads 05 01.</summary>
    public static ZvtParse<StatusEnquiry> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new StatusEnquiry { Password = r.Remaining > 0 ? r.Password() : null, Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        if (Password is not null || !Fields.Fields.IsEmpty)
        {
            output.Write((Password ?? ZvtPassword.Zero).ToArray());
        }
    }
}

/// <summary>08 01: opens the service menu; the PT is master while it is open.</summary>
public sealed record ServiceMode : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0801;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Password; null leaves it out. Where a field follows, 000000 stands in for it: the place of the password is fixed.</summary>
    public ZvtPassword? Password { get; init; }

    /// <summary>Service byte (section 11.3).</summary>
    public byte? ServiceByte
    {
        get => Fields.Byte(Bmp.ServiceByte);
        init => Fields = Put(Bmp.ServiceByte, value);
    }

    /// <summary>Reads 08 01.</summary>
    public static ZvtParse<ServiceMode> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new ServiceMode { Password = r.Remaining > 0 ? r.Password() : null, Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        if (Password is not null || !Fields.Fields.IsEmpty)
        {
            output.Write((Password ?? ZvtPassword.Zero).ToArray());
        }
    }
}
