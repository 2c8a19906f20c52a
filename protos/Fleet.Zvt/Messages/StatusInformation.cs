namespace Fleet.Zvt;

/// <summary>
/// 04 0F: the outcome of a transaction (reference section 12). The answer to it decides about the money (section 9.2). Values that are no digits read as null, except the
/// amount and the currency, which make the message unreadable.
/// </summary>
public sealed record StatusInformation : BmpMessage
{
    /// <summary>Class and instruction.</summary>
    public const int MessageCode = 0x040F;

    private const byte CardTypeInTlv = 0xFF;

    /// <inheritdoc/>
    public override int Code => MessageCode;

    /// <summary>00 approved, otherwise section 13.1; absent means 00.</summary>
    public byte? ResultCode
    {
        get => Fields.Byte(Bmp.ResultCode);
        init => Fields = Put(Bmp.ResultCode, value);
    }

    /// <summary>True when the result code is 00 or absent.</summary>
    public bool IsApproved => (ResultCode ?? 0) == 0;

    /// <summary>Amount in minor units as booked by the PT: it wins over the requested one.</summary>
    public long? Amount
    {
        get => Fields.Number(Bmp.Amount);
        init => Fields = PutDigits(Bmp.Amount, value);
    }

    /// <summary>ISO 4217 numeric; only present when the ECR sent one.</summary>
    public int? Currency
    {
        get => (int?)Fields.Number(Bmp.Currency);
        init => Fields = PutDigits(Bmp.Currency, value);
    }

    /// <summary>Trace number of this transaction (BMP 0B); the long one of TLV 1F2B when BMP 0B is 000000.</summary>
    public long? TraceNumber
    {
        get => Fields.Number(Bmp.TraceNumber) is { } trace and not 0 ? trace : Tlv?.Number(TlvTags.LongTraceNumber) ?? Fields.Number(Bmp.TraceNumber);
        init => Fields = PutDigits(Bmp.TraceNumber, value);
    }

    /// <summary>Trace number of the transaction that this one reverses (BMP 37).</summary>
    public long? OriginalTraceNumber
    {
        get => Fields.Number(Bmp.OriginalTrace);
        init => Fields = PutDigits(Bmp.OriginalTrace, value);
    }

    /// <summary>Local time of the terminal.</summary>
    public TimeOnly? Time
    {
        get => ZvtDate.ReadTime(Fields.Number(Bmp.Time));
        init => Fields = PutDigits(Bmp.Time, value is { } t ? (t.Hour * 10000) + (t.Minute * 100) + t.Second : null);
    }

    /// <summary>Local date of the terminal, without a year.</summary>
    public ZvtDate? Date
    {
        get => ZvtDate.Read(Fields.Number(Bmp.Date));
        init => Fields = PutDigits(Bmp.Date, value is { } d ? (d.Month * 100) + d.Day : null);
    }

    /// <summary>Card expiry YYMM as a number.</summary>
    public int? Expiry
    {
        get => (int?)Fields.Number(Bmp.Expiry);
        init => Fields = PutDigits(Bmp.Expiry, value);
    }

    /// <summary>Card sequence number.</summary>
    public int? CardSequence
    {
        get => (int?)Fields.Number(Bmp.CardSequence);
        init => Fields = PutDigits(Bmp.CardSequence, value);
    }

    /// <summary>Payment type (section 11.5).</summary>
    public byte? PaymentType
    {
        get => Fields.Byte(Bmp.PaymentType);
        init => Fields = Put(Bmp.PaymentType, value);
    }

    /// <summary>Card number with at most the first six and last four digits, everything else as <c>*</c>.</summary>
    public string? MaskedCardNumber
    {
        get => Fields.Find(Bmp.CardNumber) is { } digits ? Zvt.CardNumber.Show(digits.Value.Span) : null;
        init => Fields = Put(Bmp.CardNumber, value is null ? null : Zvt.CardNumber.Encode(value));
    }

    /// <summary>Terminal id, 8 digits.</summary>
    public int? TerminalId
    {
        get => (int?)Fields.Number(Bmp.TerminalId);
        init => Fields = PutDigits(Bmp.TerminalId, value);
    }

    /// <summary>VU number (merchant contract) without its blanks.</summary>
    public string? VuNumber
    {
        get => Fields.Text(Bmp.VuNumber)?.TrimEnd(' ');
        init => Fields = PutPadded(Bmp.VuNumber, value, (byte)' ');
    }

    /// <summary>Authorisation attribute (approval code) without its padding.</summary>
    public string? ApprovalCode
    {
        get => Fields.Text(Bmp.Authorisation);
        init => Fields = PutPadded(Bmp.Authorisation, value, 0x00);
    }

    /// <summary>Receipt number, 4 digits.</summary>
    public int? ReceiptNumber
    {
        get => (int?)Fields.Number(Bmp.ReceiptNumber);
        init => Fields = PutDigits(Bmp.ReceiptNumber, value);
    }

    /// <summary>Turnover record number.</summary>
    public int? TurnoverNumber
    {
        get => (int?)Fields.Number(Bmp.TurnoverNumber);
        init => Fields = PutDigits(Bmp.TurnoverNumber, value);
    }

    /// <summary>ZVT card type (section 13.4), from TLV 41 when BMP 8A is FF.</summary>
    public int? CardType
    {
        get => Fields.Byte(Bmp.CardType) is { } type and not CardTypeInTlv ? type : CardTypeOfTlv() ?? Fields.Byte(Bmp.CardType);
        init => Fields = Put(Bmp.CardType, value is null ? null : value < CardTypeInTlv ? (byte)value : CardTypeInTlv);
    }

    /// <summary>Card name without its terminating 00.</summary>
    public string? CardName
    {
        get => Fields.Text(Bmp.CardName);
        init => Fields = PutText(Bmp.CardName, value is null ? null : value + '\0');
    }

    /// <summary>Additional text (BMP 3C), the host's words for the customer for example.</summary>
    public string? AdditionalText
    {
        get => Fields.Text(Bmp.AdditionalText);
        init => Fields = PutText(Bmp.AdditionalText, value);
    }

    /// <summary>Host result code that is not decimal (BMP A0).</summary>
    public byte? HostResultCode
    {
        get => Fields.Byte(Bmp.HostResultCode);
        init => Fields = Put(Bmp.HostResultCode, value);
    }

    /// <summary>Totals of End-of-day and X report (BMP 60); null when absent or not of the known length.</summary>
    public BatchTotals? Totals
    {
        get => Fields.Find(Bmp.Totals) is { } totals ? BatchTotals.Parse(totals.Value.Span) : null;
        init => Fields = Put(Bmp.Totals, value?.ToArray());
    }

    private protected override BmpOrder Order => BmpOrder.Status;

    /// <summary>Reads 04 0F.</summary>
    public static ZvtParse<StatusInformation> Parse(Apdu apdu) =>
        BlockReader.Read(apdu, MessageCode, static r => new StatusInformation { Fields = r.Bmps() });

    private int? CardTypeOfTlv() => Tlv?.Find(TlvTags.CardType) is { Value.Length: > 0 and <= 2 } node
        ? node.Value.Span.ToArray().Aggregate(0, static (sum, b) => (sum << 8) | b)
        : null;
}
