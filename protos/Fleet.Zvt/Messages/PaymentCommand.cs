using System.Buffers;

namespace Fleet.Zvt;

/// <summary>The fields that commands about a payment share (reference section 9).</summary>
public abstract record PaymentCommand : BmpMessage
{
    /// <summary>Amount in minor units.</summary>
    public long? Amount
    {
        get => Fields.Number(Bmp.Amount);
        init => Fields = PutDigits(Bmp.Amount, value);
    }

    /// <summary>ISO 4217 numeric; absent means EUR.</summary>
    public int? Currency
    {
        get => (int?)Fields.Number(Bmp.Currency);
        init => Fields = PutDigits(Bmp.Currency, value);
    }

    /// <summary>Payment type, 40 lets the PT decide (section 11.5).</summary>
    public byte? PaymentType
    {
        get => Fields.Byte(Bmp.PaymentType);
        init => Fields = Put(Bmp.PaymentType, value);
    }

    /// <summary>Receipt number of an earlier transaction.</summary>
    public int? ReceiptNumber
    {
        get => (int?)Fields.Number(Bmp.ReceiptNumber);
        init => Fields = PutDigits(Bmp.ReceiptNumber, value);
    }

    /// <summary>Trace number of an earlier transaction.</summary>
    public int? TraceNumber
    {
        get => (int?)Fields.Number(Bmp.TraceNumber);
        init => Fields = PutDigits(Bmp.TraceNumber, value);
    }

    /// <summary>Authorisation attribute (BMP 3B) without its padding.</summary>
    public string? ApprovalCode
    {
        get => Fields.Text(Bmp.Authorisation);
        init => Fields = PutPadded(Bmp.Authorisation, value, 0x00);
    }

    /// <summary>Seconds the PT waits for the answer to 04 0F (BMP 01).</summary>
    public byte? GoodsTimeout
    {
        get => Fields.Byte(Bmp.Timeout);
        init => Fields = Put(Bmp.Timeout, value);
    }

    /// <summary>How often 04 0F may be repeated after 84 9C (BMP 02).</summary>
    public byte? MaxStatusRepeats
    {
        get => Fields.Byte(Bmp.MaxStatusRepeats);
        init => Fields = Put(Bmp.MaxStatusRepeats, value);
    }

    /// <summary>Additional data (BMP 3C).</summary>
    public string? AdditionalText
    {
        get => Fields.Text(Bmp.AdditionalText);
        init => Fields = PutText(Bmp.AdditionalText, value);
    }

    /// <summary>Wanted card type (BMP 8A).</summary>
    public byte? CardType
    {
        get => Fields.Byte(Bmp.CardType);
        init => Fields = Put(Bmp.CardType, value);
    }
}

/// <summary>A command about a payment that begins with the password.</summary>
public abstract record PasswordPaymentCommand : PaymentCommand
{
    /// <summary>Password.</summary>
    public ZvtPassword Password { get; init; }

    private protected sealed override void WritePrefix(IBufferWriter<byte> output) => output.Write(Password.ToArray());
}
