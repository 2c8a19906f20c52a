using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>Codes of 04 FF (reference section 13.3); A0 to A5 are Ingenico's.</summary>
public static class IntermediateStatusCodes
{
    private const byte RemoveCardFirst = 0x41;
    private const byte RemoveCardLast = 0x5D;
    private const byte RemoveCardOffset = 0x40;

    private static readonly FrozenDictionary<byte, string> Texts = new Dictionary<byte, string>
    {
        [0x00] = "waiting for amount confirmation",
        [0x01] = "please watch the PIN pad",
        [0x02] = "please watch the PIN pad",
        [0x03] = "not accepted",
        [0x04] = "waiting for the host",
        [0x05] = "sending the automatic reversal",
        [0x06] = "sending follow-up bookings",
        [0x07] = "card not admitted",
        [0x08] = "card unknown",
        [0x09] = "card expired",
        [0x0A] = "insert card",
        [0x0B] = "remove card",
        [0x0C] = "card not readable",
        [0x0D] = "processing error",
        [0x0E] = "please wait",
        [0x0F] = "automatic end-of-day starts",
        [0x10] = "invalid card",
        [0x11] = "balance display",
        [0x12] = "system malfunction",
        [0x13] = "payment not possible",
        [0x14] = "credit too low",
        [0x15] = "wrong PIN",
        [0x16] = "limit exceeded",
        [0x17] = "please wait",
        [0x18] = "PIN tries exceeded",
        [0x19] = "card data wrong",
        [0x1A] = "service mode",
        [0x1B] = "approved, please fill up",
        [0x1C] = "approved, please take the goods",
        [0x1D] = "declined",
        [0x26] = "enter the mobile number",
        [0x27] = "repeat the mobile number",
        [0x28] = "choose the currency",
        [0x29] = "choose the language",
        [0x2A] = "loading: insert card",
        [0x2B] = "offline emergency operation",
        [0x2C] = "choose the application",
        [0x68] = "customer card inserted",
        [0x69] = "choose the currency of the card",
        [0xA0] = "payment done",
        [0xA1] = "payment done, please remove card",
        [0xA2] = "payment reversed",
        [0xA3] = "payment reversed, please remove card",
        [0xA4] = "payment cannot be reversed",
        [0xA5] = "payment cannot be reversed, please remove card",
        [0xC7] = "enter the mileage",
        [0xC8] = "waiting for the cashier",
        [0xC9] = "automatic diagnosis",
        [0xCA] = "automatic initialisation",
        [0xCB] = "journal full",
        [0xCC] = "PIN needed",
        [0xD2] = "dialling",
        [0xD3] = "connected",
        [0xE0] = "choose the application",
        [0xE1] = "choose the language",
        [0xE2] = "use the cleaning card",
        [0xF1] = "offline",
        [0xF2] = "online",
        [0xF3] = "offline transaction",
        [0xFF] = "see text",
    }.ToFrozenDictionary();

    /// <summary>Every code that has a text of its own.</summary>
    public static IEnumerable<byte> Known => Texts.Keys.Order();

    /// <summary>English text; 41 to 5D are those of 01 to 1D with the request to remove the card.</summary>
    public static string Describe(byte code) =>
        Texts.GetValueOrDefault(code)
        ?? (code is >= RemoveCardFirst and <= RemoveCardLast ? Describe((byte)(code - RemoveCardOffset)) + ", please remove card" : $"status {code:X2}");
}
