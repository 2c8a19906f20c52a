using System.Buffers;

namespace Fleet.Zvt;

/// <summary>06 12: reprints receipts from a number to a number.</summary>
public sealed record ReprintReceipts : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0612;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Password.</summary>
    public ZvtPassword Password { get; init; }

    /// <summary>First receipt number.</summary>
    public required int From { get; init; }

    /// <summary>Last receipt number; null for one receipt.</summary>
    public int? To { get; init; }

    /// <summary>Reads 06 12.</summary>
    public static ZvtParse<ReprintReceipts> Parse(Apdu apdu) => BlockReader.Read(apdu, MessageCode, static r => new ReprintReceipts
    {
        Password = r.Password(),
        From = r.Digits(2, "first receipt number"),
        To = r.Remaining >= 2 && r.Peek != Bmp.Tlv ? r.Digits(2, "last receipt number") : null,
        Fields = r.Bmps(),
    });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        output.Write(Password.ToArray());
        output.Write(Bcd.Write(From, 2));
        if (To is { } to)
        {
            output.Write(Bcd.Write(to, 2));
        }
    }
}
