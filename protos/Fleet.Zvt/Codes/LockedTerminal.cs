using System.Collections.Frozen;

namespace Fleet.Zvt;

/// <summary>
/// What a locked terminal still does (reference section 16.2): it answers every command on the link, takes these, and ends all others with 06 1E.
/// </summary>
public static class LockedTerminal
{
    private static readonly FrozenSet<int> AlwaysAllowed = new[]
    {
        StatusEnquiry.MessageCode, DisplayText.MessageCode, DisplayWithKey.MessageCode, DisplayWithNumber.MessageCode, CheckCustomerPin.MessageCode,
        DisplayWithMac.MessageCode, DisplayWithDukptNumber.MessageCode, DisplayImage.MessageCode, 0x0685, 0x0686, 0x0687, 0x0688, ServiceMode.MessageCode,
        SoftwareUpdate.MessageCode, Registration.MessageCode, LogOff.MessageCode, ReadCard.MessageCode, AbortRequest.MessageCode,
    }.ToFrozenSet();

    /// <summary>Commands that every locked terminal takes.</summary>
    public static IReadOnlySet<int> Allowed => AlwaysAllowed;

    /// <summary>True when a terminal in <paramref name="status"/> takes the command: one of <see cref="Allowed"/>, or the remedy of the status.</summary>
    public static bool Allows(int command, byte status)
    {
        var row = TerminalStatus.Find(status);
        return AlwaysAllowed.Contains(command)
            || row.Remedy == command
            || (status == 0x62 && command == Diagnosis.MessageCode)
            || (status == 0xB2 && command == DeleteFile.MessageCode);
    }

    /// <summary>The 06 1E of a command that is not taken: the status itself, E4 for a terminal that is out of order.</summary>
    public static Abort Refusal(byte status) => new()
    {
        ResultCode = status is TerminalStatus.OutOfOrder ? TerminalStatus.ActivationRequired : status,
    };

    /// <summary>Locks of TLV 1F55 that go with a status.</summary>
    public static TerminalLocks LocksOf(byte status) => status switch
    {
        TerminalStatus.OutOfOrder => TerminalLocks.OutOfOrder | TerminalLocks.ActivationNeeded,
        TerminalStatus.ActivationRequired => TerminalLocks.ActivationNeeded,
        TerminalStatus.EndOfDayRequired => TerminalLocks.ReconciliationNeeded,
        0x51 => TerminalLocks.InitialisationNeeded,
        0xC2 => TerminalLocks.DiagnosisNeeded,
        0xCC => TerminalLocks.Printer,
        0xDC => TerminalLocks.CardInserted,
        0xE2 => TerminalLocks.ReaderMissing,
        _ => TerminalLocks.None,
    };
}
