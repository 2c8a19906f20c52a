using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>Result codes of BMP 27, 06 1E and 84 xx (reference section 13.1). Codes 01 to 63 come from the host and differ by network.</summary>
public static class ResultCodes
{
    private const byte LastHostCode = 0x63;

    private static readonly FrozenDictionary<byte, string> Terminal = new Dictionary<byte, string>
    {
        [0x00] = "approved",
        [0x64] = "card not readable",
        [0x65] = "no card data",
        [0x66] = "processing error",
        [0x67] = "not for ec and Maestro cards",
        [0x68] = "not for credit and fuel cards",
        [0x6A] = "turnover file full",
        [0x6B] = "function deactivated or terminal not registered",
        [0x6C] = "aborted by time-out or key",
        [0x6E] = "card on the blocked list",
        [0x6F] = "wrong currency",
        [0x71] = "credit too low (chip)",
        [0x72] = "chip error",
        [0x73] = "card data wrong",
        [0x74] = "DUKPT exhausted",
        [0x75] = "text not authentic",
        [0x76] = "PAN not on the white list",
        [0x77] = "end-of-day not possible",
        [0x78] = "card expired",
        [0x79] = "card not yet valid",
        [0x7A] = "card unknown",
        [0x7B] = "stripe fallback forbidden",
        [0x7C] = "stripe fallback forbidden",
        [0x7D] = "communication error",
        [0x7E] = "stripe fallback forbidden",
        [0x83] = "function not possible",
        [0x85] = "key missing",
        [0x89] = "PIN pad defective",
        [0x9A] = "ZVT protocol error",
        [0x9B] = "dial-up error",
        [0x9C] = "please wait",
        [0x9D] = "partial issue",
        [0xA0] = "receiver not ready",
        [0xA1] = "remote station silent",
        [0xA3] = "no connection",
        [0xA4] = "GeldKarte submission failed",
        [0xA5] = "forbidden by PCI or P2PE",
        [0xB1] = "memory full",
        [0xB2] = "merchant journal full",
        [0xB4] = "already reversed",
        [0xB5] = "reversal not possible",
        [0xB7] = "pre-authorisation amount wrong",
        [0xB8] = "pre-authorisation error",
        [0xBF] = "voltage too low",
        [0xC0] = "card lock defective",
        [0xC1] = "merchant card locked",
        [0xC2] = "diagnosis required",
        [0xC3] = "maximum amount exceeded",
        [0xC4] = "card profile invalid",
        [0xC5] = "payment method not supported",
        [0xC6] = "currency not supported",
        [0xC8] = "amount too small",
        [0xC9] = "maximum transaction amount too small",
        [0xCB] = "only in EUR",
        [0xCC] = "printer not ready",
        [0xCD] = "cashback not possible",
        [0xD2] = "not for service and bank cards",
        [0xDC] = "card inserted",
        [0xDD] = "card eject error",
        [0xDE] = "card insert error",
        [0xE0] = "remote maintenance active",
        [0xE2] = "card reader does not answer",
        [0xE3] = "shutter closed",
        [0xE4] = "terminal activation required",
        [0xE7] = "goods group missing",
        [0xE8] = "no goods groups loaded",
        [0xE9] = "goods group restriction",
        [0xEA] = "card code not allowed",
        [0xEB] = "PIN algorithm unknown",
        [0xEC] = "PIN processing not possible",
        [0xED] = "PIN pad defective",
        [0xF0] = "open end-of-day present",
        [0xF1] = "ec and Maestro offline error",
        [0xF5] = "OPT error",
        [0xF6] = "OPT data missing",
        [0xFA] = "offline clearing error",
        [0xFB] = "turnover record defective",
        [0xFC] = "needed device missing",
        [0xFD] = "baud rate not supported",
        [0xFE] = "unknown register",
        [0xFF] = "system error",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<byte, string> Host = new Dictionary<byte, string>
    {
        [0x03] = "VU number unknown to the host",
        [0x05] = "declined by the host",
        [0x21] = "card expired",
        [0x36] = "card expired",
        [0x37] = "wrong PIN",
    }.ToFrozenDictionary();

    /// <summary>Every code that has a text.</summary>
    public static IEnumerable<byte> Known => Terminal.Keys.Concat(Host.Keys).Order();

    /// <summary>True for a code of the network operator or the authorisation host.</summary>
    public static bool IsFromHost(byte code) => code is > 0 and <= LastHostCode;

    /// <summary>English text; a code without one is told by its number.</summary>
    public static string Describe(byte code) =>
        Terminal.GetValueOrDefault(code) ?? Host.GetValueOrDefault(code) ?? (IsFromHost(code) ? $"declined by the host, code {code:X2}" : $"code {code:X2}");
}
