using System.Buffers;

namespace Fleet.Zvt;

/// <summary>06 95: changes the password.</summary>
public sealed record ChangePassword : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0695;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Password in force.</summary>
    public ZvtPassword Old { get; init; }

    /// <summary>Password from now on.</summary>
    public ZvtPassword New { get; init; }

    /// <summary>Reads 06 95.</summary>
    public static ZvtParse<ChangePassword> Parse(Apdu apdu) => BlockReader.Read(
        apdu, MessageCode, static r => new ChangePassword { Old = r.Password("old password"), New = r.Password("new password"), Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        output.Write(Old.ToArray());
        output.Write(New.ToArray());
    }
}
