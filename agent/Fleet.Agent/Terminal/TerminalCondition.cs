using Fleet.Zvt;

namespace Fleet.Agent.Terminal;

/// <summary>A part of the device.</summary>
public enum PartState
{
    /// <summary>The device does not tell.</summary>
    Untold,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Somebody has to look.</summary>
    Bad,
}

/// <summary>What a device tells about its parts, by its status (section 13.2), its locks (TLV 1F55, section 16.2) and its state (TLV 1F43).</summary>
/// <param name="Printer">Printer or paper.</param>
/// <param name="Battery">Battery or voltage.</param>
/// <param name="Housing">Bad when it was opened or its secure module changed.</param>
public sealed record TerminalCondition(PartState Printer, PartState Battery, PartState Housing)
{
    private const byte PrinterNotReady = 0xCC;
    private const byte VoltageTooLow = 0xBF;
    private const byte Fraud = 0x03;

    /// <summary>Nothing was told.</summary>
    public static TerminalCondition Untold { get; } = new(PartState.Untold, PartState.Untold, PartState.Untold);

    /// <summary>Reads an answer to 05 01.</summary>
    /// <param name="status">Status code.</param>
    /// <param name="locks">TLV 1F55; empty when it was not told.</param>
    /// <param name="deviceState">TLV 1F43; null when it was not told.</param>
    public static TerminalCondition Of(byte status, ReadOnlySpan<byte> locks, byte? deviceState)
    {
        var told = locks.Length == 2 ? (TerminalLocks)((locks[0] << 8) | locks[1]) : (TerminalLocks?)null;
        return new TerminalCondition(
            State(status == PrinterNotReady, told, TerminalLocks.Printer),
            State(status == VoltageTooLow, told, TerminalLocks.Battery),
            deviceState is { } state && state != Fraud && told is null ? PartState.Good : State(deviceState == Fraud, told, TerminalLocks.SecureModuleChanged));
    }

    private static PartState State(bool isBad, TerminalLocks? told, TerminalLocks lockOf) => told switch
    {
        _ when isBad => PartState.Bad,
        null => PartState.Untold,
        { } locks => locks.HasFlag(lockOf) ? PartState.Bad : PartState.Good,
    };
}
