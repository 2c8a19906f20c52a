namespace Fleet.Simulator.Terminals;

/// <summary>Result codes that the terminal gives (reference 13.1).</summary>
internal static class ResultCodes
{
    public const byte Ok = 0x00;
    public const byte WrongPassword = 0x37;
    public const byte CardNotReadable = 0x64;
    public const byte TurnoverFull = 0x6A;
    public const byte NotRegistered = 0x6B;
    public const byte Aborted = 0x6C;
    public const byte WrongCurrency = 0x6F;
    public const byte EndOfDayNotPossible = 0x77;
    public const byte CannotChangeRate = 0x7D;
    public const byte NotPossible = 0x83;
    public const byte ProtocolError = 0x9A;
    public const byte Busy = 0x9C;
    public const byte PartialIssue = 0x9D;
    public const byte NoConnection = 0xA3;
    public const byte ForbiddenByPci = 0xA5;
    public const byte AlreadyReversed = 0xB4;
    public const byte ReversalNotPossible = 0xB5;
    public const byte PreAuthorisationAmount = 0xB7;
    public const byte PreAuthorisation = 0xB8;
    public const byte AmountTooLarge = 0xC3;
    public const byte PrinterNotReady = 0xCC;
    public const byte OpenEndOfDay = 0xF0;
    public const byte BadBaudRate = 0xFD;
    public const byte SystemError = 0xFF;
}
