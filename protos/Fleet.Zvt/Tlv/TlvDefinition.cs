using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>What the value of a TLV object is.</summary>
public enum TlvContent
{
    /// <summary>Bytes or bits that may be shown.</summary>
    Binary,

    /// <summary>Packed digits.</summary>
    Digits,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Other objects.</summary>
    Container,

    /// <summary>Never shown: card or PIN data.</summary>
    Secret,
}

/// <summary>One row of the TLV table.</summary>
/// <param name="Tag">Tag bytes as one number.</param>
/// <param name="Content">What the value is.</param>
/// <param name="Name">English name.</param>
public sealed record TlvDefinition(int Tag, TlvContent Content, string Name)
{
    private static readonly TlvDefinition[] Rows =
    [
        new(TlvTags.Text, TlvContent.Text, "text"),
        new(TlvTags.ReceiptNumber, TlvContent.Digits, "receipt number"),
        new(TlvTags.PrintAttribute, TlvContent.Binary, "print attribute"),
        new(TlvTags.CommandCode, TlvContent.Binary, "command"),
        new(TlvTags.PrinterWidth, TlvContent.Digits, "printer width"),
        new(TlvTags.CharacterSet, TlvContent.Binary, "character set"),
        new(0x15, TlvContent.Text, "language"),
        new(TlvTags.MaxApdu, TlvContent.Binary, "largest APDU"),
        new(TlvTags.DiagnosisType, TlvContent.Binary, "kind of diagnosis"),
        new(0x1C, TlvContent.Secret, "file block"),
        new(0x1D, TlvContent.Binary, "file id"),
        new(0x1E, TlvContent.Binary, "file offset"),
        new(0x1F00, TlvContent.Binary, "file size"),
        new(TlvTags.ReceiptId, TlvContent.Binary, "receipt to repeat"),
        new(0x1F04, TlvContent.Binary, "receipt parameter"),
        new(TlvTags.ReceiptType, TlvContent.Binary, "receipt type"),
        new(0x1F08, TlvContent.Secret, "track data"),
        new(0x1F09, TlvContent.Secret, "track data"),
        new(0x1F0A, TlvContent.Secret, "track data"),
        new(TlvTags.Date, TlvContent.Digits, "date"),
        new(TlvTags.Time, TlvContent.Digits, "time"),
        new(TlvTags.CardholderVerification, TlvContent.Binary, "cardholder verification"),
        new(TlvTags.Online, TlvContent.Binary, "online"),
        new(TlvTags.Technology, TlvContent.Binary, "card technology"),
        new(TlvTags.VendorErrorCode, TlvContent.Binary, "manufacturer error code"),
        new(TlvTags.VendorErrorText, TlvContent.Text, "manufacturer error"),
        new(TlvTags.TransactionId, TlvContent.Digits, "transaction id"),
        new(TlvTags.EndOfDayMode, TlvContent.Binary, "end-of-day mode"),
        new(TlvTags.LongTraceNumber, TlvContent.Digits, "long trace number"),
        new(TlvTags.DeviceName, TlvContent.Text, "device name"),
        new(TlvTags.SoftwareVersion, TlvContent.Text, "software version"),
        new(TlvTags.SerialNumber, TlvContent.Digits, "serial number"),
        new(TlvTags.DeviceState, TlvContent.Binary, "device state"),
        new(TlvTags.TerminalId, TlvContent.Digits, "terminal id"),
        new(0x1F46, TlvContent.Secret, "card APDU"),
        new(TlvTags.Locks, TlvContent.Binary, "locks"),
        new(0x1F59, TlvContent.Text, "payment applications"),
        new(0x1F70, TlvContent.Binary, "partial approval"),
        new(0x1F71, TlvContent.Binary, "known tags"),
        new(0x1F72, TlvContent.Binary, "card detection"),
        new(TlvTags.MessageId, TlvContent.Digits, "message id"),
        new(0x20, TlvContent.Container, "fleet card"),
        new(TlvTags.OpenPreAuthorisations, TlvContent.Container, "open pre-authorisations"),
        new(TlvTags.DisplayTexts, TlvContent.Container, "display texts"),
        new(TlvTags.PrintTexts, TlvContent.Container, "print texts"),
        new(TlvTags.PermittedCommands, TlvContent.Container, "permitted commands"),
        new(0x27, TlvContent.Container, "character sets"),
        new(0x28, TlvContent.Container, "languages"),
        new(0x2D, TlvContent.Container, "file"),
        new(0x2E, TlvContent.Container, "time stamp"),
        new(TlvTags.PaymentDetails, TlvContent.Container, "payment type"),
        new(0x34, TlvContent.Container, "terminal time"),
        new(0x35, TlvContent.Container, "reboot time"),
        new(TlvTags.CardType, TlvContent.Binary, "card type"),
        new(0x42, TlvContent.Text, "application label"),
        new(0x43, TlvContent.Binary, "application id"),
        new(0x44, TlvContent.Text, "application preferred name"),
        new(0x45, TlvContent.Digits, "receipt rules"),
        new(0x46, TlvContent.Text, "EMV data for the customer"),
        new(0x47, TlvContent.Text, "EMV data for the merchant"),
        new(0x49, TlvContent.Binary, "network operator card type"),
        new(0x4A, TlvContent.Text, "product display"),
        new(0x60, TlvContent.Container, "application"),
        new(0x61, TlvContent.Container, "applications"),
        new(0x62, TlvContent.Container, "applications"),
        new(0x64, TlvContent.Container, "receipt part"),
        new(0x65, TlvContent.Container, "receipt part"),
        new(0x66, TlvContent.Container, "receipt part"),
        new(0x67, TlvContent.Container, "receipt part"),
        new(0x68, TlvContent.Container, "receipt part"),
        new(TlvTags.Device, TlvContent.Container, "device"),
    ];

    private static readonly FrozenDictionary<int, TlvDefinition> ByTag = Rows.ToFrozenDictionary(static r => r.Tag);

    /// <summary>The tags of reference section 8.</summary>
    public static IReadOnlyList<TlvDefinition> All => Rows;

    /// <summary>The row of a tag, or null: such an object is skipped, and never shown.</summary>
    public static TlvDefinition? Find(int tag) => ByTag.GetValueOrDefault(tag);
}
