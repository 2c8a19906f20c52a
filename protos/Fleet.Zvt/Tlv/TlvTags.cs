namespace Fleet.Zvt;

/// <summary>TLV tags that the product names (reference section 8).</summary>
public static class TlvTags
{
    /// <summary>Text line.</summary>
    public const int Text = 0x07;

    /// <summary>Receipt number inside tag 23.</summary>
    public const int ReceiptNumber = 0x08;

    /// <summary>Print attribute inside tag 25.</summary>
    public const int PrintAttribute = 0x09;

    /// <summary>A command code inside tag 26.</summary>
    public const int CommandCode = 0x0A;

    /// <summary>Printer width in columns, one BCD byte.</summary>
    public const int PrinterWidth = 0x12;

    /// <summary>Character set.</summary>
    public const int CharacterSet = 0x14;

    /// <summary>Largest APDU, big endian.</summary>
    public const int MaxApdu = 0x1A;

    /// <summary>Kind of diagnosis.</summary>
    public const int DiagnosisType = 0x1B;

    /// <summary>Which receipt to repeat.</summary>
    public const int ReceiptId = 0x1F01;

    /// <summary>Receipt type: 01 merchant, 02 customer, 03 administration.</summary>
    public const int ReceiptType = 0x1F07;

    /// <summary>Date YYYYMMDD.</summary>
    public const int Date = 0x1F0E;

    /// <summary>Time HHMMSS.</summary>
    public const int Time = 0x1F0F;

    /// <summary>How the cardholder was verified.</summary>
    public const int CardholderVerification = 0x1F10;

    /// <summary>00 offline, 01 online.</summary>
    public const int Online = 0x1F11;

    /// <summary>00 stripe, 01 chip, 02 contactless.</summary>
    public const int Technology = 0x1F12;

    /// <summary>Error code of the manufacturer.</summary>
    public const int VendorErrorCode = 0x1F16;

    /// <summary>Error text of the manufacturer.</summary>
    public const int VendorErrorText = 0x1F17;

    /// <summary>Unique transaction id (section 15.4).</summary>
    public const int TransactionId = 0x1F1F;

    /// <summary>End-of-day mode: 00 normal, 01 forced, 02 automatic.</summary>
    public const int EndOfDayMode = 0x1F26;

    /// <summary>Long trace number; BMP 0B is then 000000.</summary>
    public const int LongTraceNumber = 0x1F2B;

    /// <summary>Device name.</summary>
    public const int DeviceName = 0x1F40;

    /// <summary>Software version.</summary>
    public const int SoftwareVersion = 0x1F41;

    /// <summary>Serial number, BCD.</summary>
    public const int SerialNumber = 0x1F42;

    /// <summary>Device state: 00 ready, 01 initialise, 02 no keys, 03 fraud.</summary>
    public const int DeviceState = 0x1F43;

    /// <summary>Terminal id, 4 BCD bytes.</summary>
    public const int TerminalId = 0x1F44;

    /// <summary>Locks of the terminal, two bytes (section 16.2).</summary>
    public const int Locks = 0x1F55;

    /// <summary>Message sequence id, 3 BCD bytes (section 15.5).</summary>
    public const int MessageId = 0x1F73;

    /// <summary>List of character sets, in tags 14.</summary>
    public const int CharacterSets = 0x27;

    /// <summary>List of open pre-authorisations.</summary>
    public const int OpenPreAuthorisations = 0x23;

    /// <summary>Display texts in 04 FF.</summary>
    public const int DisplayTexts = 0x24;

    /// <summary>Print texts in 06 D3.</summary>
    public const int PrintTexts = 0x25;

    /// <summary>List of permitted commands.</summary>
    public const int PermittedCommands = 0x26;

    /// <summary>Payment type: cardholder verification, online, technology.</summary>
    public const int PaymentDetails = 0x2F;

    /// <summary>ZVT card type beyond 254.</summary>
    public const int CardType = 0x41;

    /// <summary>Device container.</summary>
    public const int Device = 0xE4;
}
