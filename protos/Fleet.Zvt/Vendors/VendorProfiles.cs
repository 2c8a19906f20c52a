using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>The profiles of reference section 18.</summary>
public static class VendorProfiles
{
    /// <summary>By the book.</summary>
    public static readonly VendorProfile Default = new() { Id = "default", Name = "Specification" };

    /// <summary>Ingenico A32.de (Telium).</summary>
    public static readonly VendorProfile IngenicoA32 = new()
    {
        Id = "ingenico-a32",
        Name = "Ingenico A32.de (Telium)",
        ConfigGatesStandalone = false,
        LeastPrinterWidth = 24,
        AbortDuringPayment = false,
        NotImplemented = [SetDateTime.MessageCode],
        ClosesTcpOnT3 = false,
        Reversal = AutoReversal.StatusOnly,
        RepeatsOnlySuccess = true,
        PrintsUnasked = true,
        Notes =
        [
            "Standalone sales must be switched off in the terminal's own menu: the config byte does not do it.",
            "Variant 1 wants a registration before anything else, variant 2 does not; only variant 1 is blocked by Log-off.",
            "One of the config bits 02 and 04 turns off all printing at the terminal.",
            "06 91 is off by default. 06 70 may answer FF with private tags.",
            "Private commands: 0F 10 totals report, 0F 11, 0F 12, 0F 22 function code.",
        ],
    };

    /// <summary>card complete SMART (Ingenico Telium and U32, Xenoa; Austria).</summary>
    public static readonly VendorProfile CardComplete = new()
    {
        Id = "card-complete",
        Name = "card complete SMART",
        AfterLogOff = ConfigByte.AgentDefault,
        ChecksCurrency = false,
        Passwords = PasswordCheck.Enforced,
        PasswordDigits = 5,
        StatusEnquiryNeedsPassword = true,
        DiagnosisType = 0x01,
        T4 = TimeSpan.FromMinutes(5),
        Reversal = AutoReversal.SetToDeclined,
        BlockedHostCodes = [0x03, 0x56, 0x57, 0x59],
        NotImplemented =
        [
            SendTotals.MessageCode, ReprintReceipts.MessageCode, SetTerminalId.MessageCode, SetDateTime.MessageCode, Initialisation.MessageCode,
            ReadFile.MessageCode, DeleteFile.MessageCode, ChangeConfiguration.MessageCode, WriteFile.MessageCode, OptAction.MessageCode,
            OptPointInTime.MessageCode, OptPreInitialisation.MessageCode, OptOutputData.MessageCode, OptOutOfOrder.MessageCode, SelectLanguage.MessageCode,
        ],
        Notes =
        [
            "Registration is always answered 80 00, even with a wrong currency, and survives a restart.",
            "Reversal only before end-of-day; an amount, if sent, must match. The receipt number has four digits; a trace of six digits is taken instead.",
            "06 18 can lose a running transaction. A software update ends with 06 1E E0.",
            "End-of-day receipts are never repeated.",
        ],
    };

    /// <summary>Feig cVEND.</summary>
    public static readonly VendorProfile FeigCvend = new()
    {
        Id = "feig-cvend",
        Name = "Feig cVEND",
        DeviceNames = ["cVEND"],
        AlwaysReports = RegistrationStatus.Vending,
        StatusAlwaysDetailed = true,
        Notes = ["05 01 answers with version, status and TLV E4 and 34. The serial number is in TLV 1F42."],
    };

    /// <summary>CCV OPM and OPP.</summary>
    public static readonly VendorProfile Ccv = new()
    {
        Id = "ccv",
        Name = "CCV OPM/OPP",
        NoHostCode = 0x7D,
        Notes =
        [
            "Locks are told in TLV 1F55; configuration goes by 08 13. A failed initialisation ends with 06 1E 7D.",
            "List open pre-authorisations before end-of-day.",
        ],
    };

    /// <summary>Every profile.</summary>
    public static ImmutableArray<VendorProfile> All => [Default, IngenicoA32, CardComplete, FeigCvend, Ccv];

    /// <summary>The profile of a device that calls itself <paramref name="deviceName"/> (TLV 1F40); null when that does not tell.</summary>
    public static VendorProfile? Recognise(string deviceName) =>
        All.FirstOrDefault(p => p.DeviceNames.Any(n => deviceName.StartsWith(n, StringComparison.OrdinalIgnoreCase)));

    /// <summary>By id, or null.</summary>
    public static VendorProfile? Find(string id) => All.FirstOrDefault(p => p.Id == id);
}
