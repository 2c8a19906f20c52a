namespace Fleet.Zvt;

/// <summary>Tags of the BMPs that the product names (reference section 7).</summary>
public static class Bmp
{
    /// <summary>Time-out in seconds: goods issue.</summary>
    public const byte Timeout = 0x01;

    /// <summary>How often 04 0F may be repeated after 84 9C.</summary>
    public const byte MaxStatusRepeats = 0x02;

    /// <summary>Service byte, bits by command.</summary>
    public const byte ServiceByte = 0x03;

    /// <summary>Amount in minor units.</summary>
    public const byte Amount = 0x04;

    /// <summary>TLV container.</summary>
    public const byte Tlv = 0x06;

    /// <summary>Trace number.</summary>
    public const byte TraceNumber = 0x0B;

    /// <summary>Time HHMMSS.</summary>
    public const byte Time = 0x0C;

    /// <summary>Date MMDD, without a year.</summary>
    public const byte Date = 0x0D;

    /// <summary>Card expiry YYMM.</summary>
    public const byte Expiry = 0x0E;

    /// <summary>Card sequence number.</summary>
    public const byte CardSequence = 0x17;

    /// <summary>Payment type; status byte in the completion of a registration.</summary>
    public const byte PaymentType = 0x19;

    /// <summary>Card number, masked.</summary>
    public const byte CardNumber = 0x22;

    /// <summary>Track 2: never stored or logged.</summary>
    public const byte Track2 = 0x23;

    /// <summary>Track 3: never stored or logged.</summary>
    public const byte Track3 = 0x24;

    /// <summary>Result code.</summary>
    public const byte ResultCode = 0x27;

    /// <summary>Terminal id, 8 digits.</summary>
    public const byte TerminalId = 0x29;

    /// <summary>VU number (merchant contract).</summary>
    public const byte VuNumber = 0x2A;

    /// <summary>Track 1: never stored or logged.</summary>
    public const byte Track1 = 0x2D;

    /// <summary>Trace number of the reversed transaction.</summary>
    public const byte OriginalTrace = 0x37;

    /// <summary>CVV/CVC: never stored or logged.</summary>
    public const byte CardVerification = 0x3A;

    /// <summary>Authorisation attribute (approval code).</summary>
    public const byte Authorisation = 0x3B;

    /// <summary>Additional data or text.</summary>
    public const byte AdditionalText = 0x3C;

    /// <summary>Password.</summary>
    public const byte Password = 0x3D;

    /// <summary>Currency, ISO 4217 numeric.</summary>
    public const byte Currency = 0x49;

    /// <summary>Individual totals.</summary>
    public const byte Totals = 0x60;

    /// <summary>Receipt number.</summary>
    public const byte ReceiptNumber = 0x87;

    /// <summary>Turnover record number.</summary>
    public const byte TurnoverNumber = 0x88;

    /// <summary>ZVT card type; FF refers to TLV 41.</summary>
    public const byte CardType = 0x8A;

    /// <summary>Card name.</summary>
    public const byte CardName = 0x8B;

    /// <summary>Network operator card type; FF refers to TLV 49.</summary>
    public const byte OperatorCardType = 0x8C;

    /// <summary>Host result code that is not decimal.</summary>
    public const byte HostResultCode = 0xA0;

    /// <summary>Date YYMMDD.</summary>
    public const byte FullDate = 0xAA;

    /// <summary>Display duration in seconds, 0 is endless.</summary>
    public const byte DisplayDuration = 0xF0;

    /// <summary>First of eight text lines.</summary>
    public const byte TextLine1 = 0xF1;

    /// <summary>Beeps.</summary>
    public const byte Beeps = 0xF9;

    /// <summary>Card reader on 00, off FF.</summary>
    public const byte CardReader = 0xFA;

    /// <summary>Dialogue control.</summary>
    public const byte DialogueControl = 0xFC;

    /// <summary>Display device.</summary>
    public const byte DisplayDevice = 0xFD;
}
