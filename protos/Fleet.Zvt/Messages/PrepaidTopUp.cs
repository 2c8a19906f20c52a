using System.Buffers;

namespace Fleet.Zvt;

/// <summary>06 09: loads a prepaid card.</summary>
public sealed record PrepaidTopUp : PaymentCommand
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x0609;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>Card id, four digits.</summary>
    public required int CardId { get; init; }

    /// <summary>Mode byte.</summary>
    public byte Mode { get; init; }

    /// <summary>Reads 06 09.</summary>
    public static ZvtParse<PrepaidTopUp> Parse(Apdu apdu) => BlockReader.Read(
        apdu, MessageCode, static r => new PrepaidTopUp { CardId = r.Digits(2, "card id"), Mode = r.Byte("mode"), Fields = r.Bmps() });

    private protected override void WritePrefix(IBufferWriter<byte> output)
    {
        output.Write(Bcd.Write(CardId, 2));
        output.Write([Mode]);
    }
}
