using System.Collections.Frozen;
using static Fleet.Zvt.CommandEnd;

namespace Fleet.Zvt;

/// <summary>How a command ends (reference section 9).</summary>
public enum CommandEnd
{
    /// <summary>80 00 00, then the PT is master until 06 0F or 06 1E.</summary>
    Completion,

    /// <summary>With its response.</summary>
    Response,

    /// <summary>With the answer to 04 0F, without 06 0F.</summary>
    StatusInformation,

    /// <summary>A command of the PT: with the answer of the ECR.</summary>
    FromTerminal,
}

/// <summary>One command.</summary>
/// <param name="Code">Class and instruction.</param>
/// <param name="Name">English name.</param>
/// <param name="End">How it ends.</param>
/// <param name="MovesMoney">True when its outcome must never be guessed: an intent is made durable before it and it is never repeated.</param>
/// <param name="Parse">Reads it; null for commands that are passed on unread.</param>
public sealed record CommandDefinition(int Code, string Name, CommandEnd End, bool MovesMoney, Func<Apdu, ZvtParse<ZvtMessage>>? Parse);

/// <summary>All commands of reference sections 9 and 10 as data.</summary>
public static class CommandTable
{
    private static readonly CommandDefinition[] Rows =
    [
        Row(0x0501, "status enquiry", CommandEnd.Completion, StatusEnquiry.Parse),
        Row(0x0600, "registration", CommandEnd.Completion, Registration.Parse),
        Money(0x0601, "authorisation", Authorisation.Parse),
        Row(0x0602, "log-off", Response, LogOff.Parse),
        Row(0x0603, "account balance", CommandEnd.Completion, AccountBalance.Parse),
        Row(0x0604, "activate card", CommandEnd.Completion, ActivateCard.Parse),
        Money(0x0605, "procurement", Procurement.Parse),
        Money(0x0609, "prepaid top-up", PrepaidTopUp.Parse),
        Money(0x060A, "tax free", TaxFree.Parse),
        Money(0x060C, "book tip", BookTip.Parse),
        Row(0x0610, "send turnover totals", CommandEnd.Completion, SendTotals.Parse),
        Row(0x0612, "reprint receipts", CommandEnd.Completion, ReprintReceipts.Parse),
        Row(0x0618, "reset terminal", CommandEnd.Completion, ResetTerminal.Parse),
        Row(0x061A, "print system configuration", CommandEnd.Completion, PrintSystemConfiguration.Parse),
        Row(0x061B, "set terminal id", CommandEnd.Completion, SetTerminalId.Parse),
        Row(0x0620, "repeat receipt", CommandEnd.Completion, RepeatReceipt.Parse),
        Money(0x0621, "telephonic authorisation", TelephonicAuthorisation.Parse),
        Money(0x0622, "pre-authorisation", PreAuthorisation.Parse),
        Money(0x0623, "partial reversal of pre-authorisation", PartialReversal.Parse),
        Money(0x0624, "book total", BookTotal.Parse),
        Money(0x0625, "reverse pre-authorisation", ReversePreAuthorisation.Parse),
        Money(0x0626, "reverse external reservation", ReverseExternalReservation.Parse),
        Money(0x0630, "reversal", Reversal.Parse),
        Money(0x0631, "refund", Refund.Parse),
        Row(0x0650, "end-of-day", CommandEnd.Completion, EndOfDay.Parse),
        Row(0x0651, "send offline transactions", CommandEnd.Completion, SendOfflineTransactions.Parse),
        Row(0x0670, "diagnosis", CommandEnd.Completion, Diagnosis.Parse),
        Row(0x0679, "self test", CommandEnd.Completion, SelfTest.Parse),
        Unread(0x0685, "old display text", Response),
        Unread(0x0686, "old display text with key", Response),
        Unread(0x0687, "old PIN input", Response),
        Unread(0x0688, "old numeric input", Response),
        Row(0x0691, "set date and time", CommandEnd.Completion, SetDateTime.Parse),
        Row(0x0693, "initialisation", CommandEnd.Completion, Initialisation.Parse),
        Row(0x0695, "change password", CommandEnd.Completion, ChangePassword.Parse),
        Row(0x06B0, "abort request", Response, AbortRequest.Parse),
        Row(0x06C0, "read card", CommandEnd.StatusInformation, ReadCard.Parse),
        Row(0x06C5, "close card session", Response, CloseCardSession.Parse),
        Row(0x06C6, "send APDUs to card", Response, SendCardApdus.Parse),
        Row(0x06D1, "print line", Response, PrintLine.Parse),
        Row(0x06D3, "print block", Response, PrintBlock.Parse),
        Row(0x06E0, "display text", Response, DisplayText.Parse),
        Row(0x06E1, "display text with key", Response, DisplayWithKey.Parse),
        Row(0x06E2, "display text with number", Response, DisplayWithNumber.Parse),
        Row(0x06E3, "check customer card PIN", Response, CheckCustomerPin.Parse),
        Row(0x06E5, "display text with MAC", Response, DisplayWithMac.Parse),
        Money(0x06E6, "card poll with authorisation", CardPollWithAuthorisation.Parse),
        Row(0x06E7, "display text with DUKPT number", Response, DisplayWithDukptNumber.Parse),
        Row(0x06F0, "display image", Response, DisplayImage.Parse),
        Row(0x0801, "service mode", CommandEnd.Completion, ServiceMode.Parse),
        Row(0x0802, "switch protocol", Response, SwitchProtocol.Parse),
        Row(0x0810, "software update", CommandEnd.Completion, SoftwareUpdate.Parse),
        Row(0x0811, "read file", CommandEnd.Completion, ReadFile.Parse),
        Row(0x0812, "delete file", CommandEnd.Completion, DeleteFile.Parse),
        Row(0x0813, "change configuration", CommandEnd.Completion, ChangeConfiguration.Parse),
        Row(0x0814, "write file", CommandEnd.Completion, WriteFile.Parse),
        Row(0x0820, "OPT action", CommandEnd.Completion, OptAction.Parse),
        Row(0x0821, "OPT point in time", CommandEnd.Completion, OptPointInTime.Parse),
        Row(0x0822, "OPT pre-initialisation", CommandEnd.Completion, OptPreInitialisation.Parse),
        Row(0x0823, "OPT output data", CommandEnd.Completion, OptOutputData.Parse),
        Row(0x0824, "OPT out-of-order", CommandEnd.Completion, OptOutOfOrder.Parse),
        Row(0x0830, "select language", CommandEnd.Completion, SelectLanguage.Parse),
        Row(0x0840, "change baud rate", Response, ChangeBaudRate.Parse),
        Row(0x0850, "activate card reader", Response, ActivateCardReader.Parse),
        Row(0x0401, "set date and time in ECR", FromTerminal, SetEcrDateTime.Parse),
        Unread(0x040C, "file request", FromTerminal),
        Unread(0x040D, "input request", FromTerminal),
        Unread(0x040E, "menu request", FromTerminal),
        Row(0x040F, "status information", FromTerminal, StatusInformation.Parse),
        Row(0x04FF, "intermediate status", FromTerminal, IntermediateStatus.Parse),
        Row(0x060F, "completion", FromTerminal, Fleet.Zvt.Completion.Parse),
        Row(0x061E, "abort", FromTerminal, Abort.Parse),
        Unread(0x06D0, "graphic menu", FromTerminal),
        Unread(0x06D8, "dial-up", FromTerminal),
        Unread(0x06D9, "transmit data", FromTerminal),
        Unread(0x06DA, "receive data", FromTerminal),
        Unread(0x06DB, "hang up", FromTerminal),
        Unread(0x06DD, "transparent mode", FromTerminal),
        Unread(0x06E4, "blocked list query", FromTerminal),
    ];

    private static readonly FrozenDictionary<int, CommandDefinition> ByCode = Rows.ToFrozenDictionary(static r => r.Code);

    /// <summary>Every command.</summary>
    public static IReadOnlyList<CommandDefinition> All => Rows;

    /// <summary>The row of a code, or null: a PT answers 84 83 00 then.</summary>
    public static CommandDefinition? Find(int code) => ByCode.GetValueOrDefault(code);

    /// <summary>Name of a code, or its number.</summary>
    public static string NameOf(int code) => Find(code)?.Name ?? $"command {code >> 8:X2} {code & 0xFF:X2}";

    private static CommandDefinition Row<T>(int code, string name, CommandEnd end, Func<Apdu, ZvtParse<T>> parse)
        where T : ZvtMessage => new(code, name, end, MovesMoney: false, apdu => Widen(parse(apdu)));

    private static CommandDefinition Money<T>(int code, string name, Func<Apdu, ZvtParse<T>> parse)
        where T : ZvtMessage => new(code, name, CommandEnd.Completion, MovesMoney: true, apdu => Widen(parse(apdu)));

    private static CommandDefinition Unread(int code, string name, CommandEnd end) => new(code, name, end, MovesMoney: false, null);

    private static ZvtParse<ZvtMessage> Widen<T>(ZvtParse<T> parse)
        where T : ZvtMessage => new(parse.Value, parse.Error);
}
