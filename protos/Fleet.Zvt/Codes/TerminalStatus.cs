using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>A status of the terminal as 05 01 tells it.</summary>
/// <param name="Code">Status code.</param>
/// <param name="Text">English text.</param>
/// <param name="Remedy">Command that heals it; null for none.</param>
/// <param name="NeedsTechnician">No command heals it.</param>
public sealed record TerminalStatus(byte Code, string Text, int? Remedy, bool NeedsTechnician)
{
    /// <summary>Out of order.</summary>
    public const byte OutOfOrder = 0xDF;

    /// <summary>Activation required: how a locked terminal refuses.</summary>
    public const byte ActivationRequired = 0xE4;

    /// <summary>End-of-day required.</summary>
    public const byte EndOfDayRequired = 0xF0;

    private static readonly TerminalStatus[] Rows =
    [
        new(0x00, "ready", null, false),
        new(0x51, "initialisation required", 0x0693, false),
        new(0x62, "date or time wrong", 0x0691, false),
        new(0x9C, "please wait", null, false),
        new(0x9D, "partial issue", null, false),
        new(0xB1, "memory full", 0x0650, false),
        new(0xB2, "merchant journal full", 0x0811, false),
        new(0xBF, "voltage too low", null, false),
        new(0xC0, "card lock defective", null, false),
        new(0xC1, "merchant card locked", null, false),
        new(0xC2, "diagnosis required", 0x0670, false),
        new(0xC4, "card profile invalid", 0x0810, false),
        new(0xCC, "printer not ready", null, false),
        new(0xDC, "card inserted", null, false),
        new(0xDF, "out of order", null, true),
        new(0xE0, "remote maintenance active", null, false),
        new(0xE1, "card not fully removed", null, false),
        new(0xE2, "card reader does not answer", null, true),
        new(0xE3, "shutter closed", null, true),
        new(0xE4, "activation required", null, true),
        new(0xF0, "end-of-day required", 0x0650, false),
        new(0xF6, "OPT data missing", 0x0820, false),
    ];

    private static readonly FrozenDictionary<byte, TerminalStatus> ByCode = Rows.ToFrozenDictionary(static r => r.Code);

    /// <summary>The table of reference section 13.2.</summary>
    public static IReadOnlyList<TerminalStatus> All => Rows;

    /// <summary>The row of a code; a row without remedy for a code that is not in the table.</summary>
    public static TerminalStatus Find(byte code) => ByCode.GetValueOrDefault(code) ?? new TerminalStatus(code, $"status {code:X2}", null, NeedsTechnician: false);
}
