using System.Buffers;

namespace Fleet.Zvt;

/// <summary>06 00: <c>pw config [CC [03 sb] [06 TLV]]</c> (reference section 9.1).</summary>
public sealed record Registration : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0600;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Password; many terminals do not check it.</summary>
    public ZvtPassword Password { get; init; }

    /// <summary>Who prints and who controls.</summary>
    public ConfigByte Config { get; init; } = ConfigByte.AgentDefault;

    /// <summary>ISO 4217 numeric. Null leaves it out, and with it the service byte and TLV, which cannot stand without it.</summary>
    public int? Currency { get; init; } = IsoCurrency.Euro.Numeric;

    /// <summary>01 service menu not reachable, 02 payment texts in capitals.</summary>
    public byte? ServiceByte
    {
        get => Fields.Byte(Bmp.ServiceByte);
        init => Fields = Put(Bmp.ServiceByte, value);
    }

    /// <summary>Reads 06 00.</summary>
    public static ZvtParse<Registration> Parse(Apdu apdu) => BlockReader.Read(apdu, MessageCode, static r => new Registration
    {
        Password = r.Password(),
        Config = (ConfigByte)r.Byte("config byte"),
        Currency = r.Remaining > 0 ? r.Digits(2, "currency") : null,
        Fields = r.Bmps(),
    });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        output.Write(Password.ToArray());
        output.Write([(byte)Config]);
        if (Currency is { } currency)
        {
            output.Write(Bcd.Write(currency, 2));
        }
    }
}
