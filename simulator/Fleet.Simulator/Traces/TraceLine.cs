using Fleet.Zvt;

namespace Fleet.Simulator.Traces;

/// <summary>One line of a trace file. Card data are gone before it is written: the file may leave the house.</summary>
/// <param name="Time">UTC.</param>
/// <param name="From"><c>till</c> or <c>terminal</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Apdu">The APDU in hexadecimal, redacted by parsing; null for ACK, NAK and the like.</param>
/// <param name="Text">For people.</param>
public sealed record TraceLine(DateTimeOffset Time, string From, ZvtTraceKind Kind, string? Apdu, string Text)
{
    /// <summary>The till said it.</summary>
    public const string Till = "till";

    /// <summary>The terminal said it.</summary>
    public const string Terminal = "terminal";
}
