using System.Collections.Frozen;
using Fleet.Zvt;

namespace Fleet.Simulator.Terminals;

/// <summary>A command that is not taken.</summary>
/// <param name="Code">Error code of 84 xx, or result code of 06 1E.</param>
/// <param name="Accepted">True: 80 00 00 and then 06 1E, as a locked terminal answers (reference 16.2). False: 84 xx.</param>
/// <param name="Reason">For the person who watches.</param>
internal sealed record CommandRefusal(byte Code, bool Accepted, string Reason);

/// <summary>Which commands a terminal takes in its state, with its profile: everything that is decided before a dialogue begins.</summary>
internal static class CommandRules
{
    private const string NoPinPad = "texts with input need keys of a manufacturer";
    private const string CardData = "card data has no business on this line";
    private const string NoFiles = "files need transfer commands that no till here knows";

    /// <summary>Commands of the reference that this terminal never takes, with the code it answers and why.</summary>
    public static FrozenDictionary<int, CommandRefusal> NeverTaken { get; } = new Dictionary<int, CommandRefusal>
    {
        [AccountBalance.MessageCode] = No("no card here has an account that could be asked"),
        [ActivateCard.MessageCode] = No("no card here needs activation"),
        [PrepaidTopUp.MessageCode] = No("no prepaid cards"),
        [TaxFree.MessageCode] = No("no tax-free operator"),
        [ReverseExternalReservation.MessageCode] = No("no reservations of other systems"),
        [0x0685] = No("commands before TLV are not taken"),
        [0x0686] = No("commands before TLV are not taken"),
        [0x0687] = No("commands before TLV are not taken"),
        [0x0688] = No("commands before TLV are not taken"),
        [ReadCard.MessageCode] = new(ResultCodes.ForbiddenByPci, Accepted: false, CardData),
        [CloseCardSession.MessageCode] = new(ResultCodes.ForbiddenByPci, Accepted: false, CardData),
        [SendCardApdus.MessageCode] = new(ResultCodes.ForbiddenByPci, Accepted: false, CardData),
        [DisplayWithKey.MessageCode] = No("no function keys for the till"),
        [DisplayWithNumber.MessageCode] = No(NoPinPad),
        [CheckCustomerPin.MessageCode] = No(NoPinPad),
        [DisplayWithMac.MessageCode] = No(NoPinPad),
        [DisplayWithDukptNumber.MessageCode] = No(NoPinPad),
        [DisplayImage.MessageCode] = No("a display of four lines shows no images"),
        [SwitchProtocol.MessageCode] = No("ZVT is all it speaks"),
        [ReadFile.MessageCode] = No(NoFiles),
        [WriteFile.MessageCode] = No(NoFiles),
    }.ToFrozenDictionary();

    /// <summary>Why this command is not taken now; null where it is.</summary>
    public static CommandRefusal? Judge(TerminalDevice device, PtDialogue dialogue) =>
        OfTable(device.Profile, dialogue.Command.Code)
        ?? OfPassword(device, dialogue.Message)
        ?? OfContent(device.Profile, dialogue.Message)
        ?? OfRegistration(device, dialogue)
        ?? OfLock(device, dialogue.Message);

    private static CommandRefusal No(string reason) => new(ResultCodes.NotPossible, Accepted: false, reason);

    private static CommandRefusal? OfTable(VendorProfile profile, int code) =>
        profile.Implements(code) ? NeverTaken.GetValueOrDefault(code) : No($"{profile.Name} does not implement it");

    private static CommandRefusal? OfPassword(TerminalDevice device, ZvtMessage message)
    {
        var profile = device.Profile;
        if (profile.Passwords != PasswordCheck.Enforced)
        {
            return null;
        }

        var given = message switch
        {
            PasswordCommand command => command.Password,
            PasswordPaymentCommand command => command.Password,
            ReprintReceipts reprint => reprint.Password,
            StatusEnquiry { Password: null } when profile.StatusEnquiryNeedsPassword => ZvtPassword.Parse("999999"),
            StatusEnquiry enquiry => enquiry.Password,
            _ => (ZvtPassword?)null,
        };
        return given is not { } password || password.Begins(device.Memory.Password, profile.PasswordDigits)
            ? null
            : new CommandRefusal(ResultCodes.WrongPassword, Accepted: false, "wrong password");
    }

    private static CommandRefusal? OfContent(VendorProfile profile, ZvtMessage message) => message switch
    {
        Diagnosis { Type: null } when profile.DiagnosisType is { } type =>
            new CommandRefusal(ResultCodes.ProtocolError, Accepted: false, $"the kind of diagnosis (TLV 1B) is missing, {type:X2} for example"),
        Registration { Tlv: { } tlv } when tlv.Number(TlvTags.PrinterWidth) is { } width && width < profile.LeastPrinterWidth =>
            new CommandRefusal(ResultCodes.PrinterNotReady, Accepted: false, $"a printer of {width} columns is too narrow"),
        _ => null,
    };

    private static CommandRefusal? OfRegistration(TerminalDevice device, PtDialogue dialogue) =>
        device.Profile.RegistrationRequired && !dialogue.Registration.IsRegistered
        && dialogue.Message is not (Registration or StatusEnquiry or LogOff or AbortRequest)
            ? new CommandRefusal(ResultCodes.NotRegistered, Accepted: true, "nobody registered")
            : null;

    /// <summary>A terminal that only cannot book refuses only what books; any other lock ends all but the commands of reference 16.2 and its remedy.</summary>
    private static CommandRefusal? OfLock(TerminalDevice device, ZvtMessage message)
    {
        var locked = device.Lock;
        var taken = locked switch
        {
            TerminalLock.None => true,
            TerminalLock.EndOfDayRequired or TerminalLock.MemoryFull or TerminalLock.JournalFull =>
                message is PartialReversal { ListsOpen: true } || CommandTable.Find(message.Code) is not { MovesMoney: true },
            TerminalLock.ActivationRequired => message is SetTerminalId || LockedTerminal.Allows(message.Code, (byte)locked),
            TerminalLock.OutOfOrder => message is ChangeConfiguration || LockedTerminal.Allows(message.Code, (byte)locked),
            _ => LockedTerminal.Allows(message.Code, (byte)locked),
        };
        return taken ? null : new CommandRefusal((byte)locked, Accepted: CommandTable.Find(message.Code)?.End != CommandEnd.Response, $"locked: {locked}");
    }
}
