namespace Fleet.Zvt;

/// <summary>The order in which a new field is put among the others. Receivers may rely on it although the specification leaves it open (section 7).</summary>
public sealed class BmpOrder
{
    /// <summary>Commands of the ECR (section 9).</summary>
    public static readonly BmpOrder Command = new(
        Bmp.ServiceByte, Bmp.ReceiptNumber, Bmp.TerminalId, Bmp.FullDate, Bmp.Time, Bmp.Amount, Bmp.Currency, Bmp.PaymentType, Bmp.Expiry, Bmp.CardNumber,
        Bmp.Track1, Bmp.Track2, Bmp.Track3, Bmp.Timeout, Bmp.MaxStatusRepeats, 0x05, Bmp.TraceNumber, Bmp.CardVerification, Bmp.Authorisation,
        Bmp.AdditionalText, Bmp.CardType, 0xD2, Bmp.CardReader, Bmp.DisplayDuration, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, Bmp.Beeps,
        Bmp.DialogueControl, Bmp.DisplayDevice);

    /// <summary>Status-Information and completion of the PT (sections 12.1, 12.2 and 10.2).</summary>
    public static readonly BmpOrder Status = new(
        Bmp.ResultCode, Bmp.Amount, Bmp.Totals, Bmp.TraceNumber, Bmp.OriginalTrace, Bmp.Time, Bmp.Date, Bmp.FullDate, Bmp.Expiry, Bmp.CardSequence,
        Bmp.PaymentType, Bmp.CardNumber, Bmp.TerminalId, Bmp.VuNumber, Bmp.Authorisation, Bmp.Currency, 0x4C, Bmp.ReceiptNumber, Bmp.TurnoverNumber,
        Bmp.CardType, Bmp.OperatorCardType, 0x9A, 0xBA, Bmp.AdditionalText, Bmp.HostResultCode, Bmp.CardName);

    /// <summary>06 0C: the amount stands before the receipt number.</summary>
    public static readonly BmpOrder Tip = new(Bmp.Amount, Bmp.ReceiptNumber, Bmp.Currency);

    /// <summary>04 01: the date stands before the time.</summary>
    public static readonly BmpOrder Clock = new(Bmp.FullDate, Bmp.Time);

    private readonly byte[] _rank = new byte[256];

    private BmpOrder(params ReadOnlySpan<byte> tags)
    {
        Array.Fill(_rank, (byte)200);
        for (var i = 0; i < tags.Length; i++)
        {
            _rank[tags[i]] = (byte)i;
        }

        _rank[Bmp.Tlv] = byte.MaxValue;
    }

    /// <summary>Place of a tag; the TLV container is always last.</summary>
    public int RankOf(byte tag) => _rank[tag];
}
