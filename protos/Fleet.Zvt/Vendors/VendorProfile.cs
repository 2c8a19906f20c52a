using System.Collections.Immutable;

namespace Fleet.Zvt;

/// <summary>How a password that is wrong is treated.</summary>
public enum PasswordCheck
{
    /// <summary>Not evaluated.</summary>
    None,

    /// <summary>Refused with 84 37.</summary>
    Enforced,
}

/// <summary>When 06 1E, 06 0F or silence around 04 0F reverses a payment by itself.</summary>
public enum AutoReversal
{
    /// <summary>Missing or negative answer to 04 0F or to a print command (section 9.2).</summary>
    StatusAndPrint,

    /// <summary>Only around 04 0F.</summary>
    StatusOnly,

    /// <summary>The transaction is set to declined, without a reversal message of its own.</summary>
    SetToDeclined,
}

/// <summary>Where a kind of terminal differs from the specification (reference section 18), as data.</summary>
public sealed record VendorProfile
{
    /// <summary>Short name in settings.</summary>
    public required string Id { get; init; }

    /// <summary>Name for people.</summary>
    public required string Name { get; init; }

    /// <summary>How devices of this kind begin their name (TLV 1F40), where that is known: only these are recognised without a setting.</summary>
    public ImmutableArray<string> DeviceNames { get; init; } = [];

    /// <summary>Config byte to register with.</summary>
    public ConfigByte Config { get; init; } = ConfigByte.AgentDefault;

    /// <summary>Config byte in force after Log-off.</summary>
    public ConfigByte AfterLogOff { get; init; } = ConfigByte.AfterLogOff;

    /// <summary>Commands that are answered 84 83, beyond what the table does not know.</summary>
    public ImmutableArray<int> NotImplemented { get; init; } = [];

    /// <summary>Whether passwords count.</summary>
    public PasswordCheck Passwords { get; init; } = PasswordCheck.None;

    /// <summary>Digits of the password that count.</summary>
    public int PasswordDigits { get; init; } = 6;

    /// <summary>05 01 needs the password.</summary>
    public bool StatusEnquiryNeedsPassword { get; init; }

    /// <summary>Bits 10 and 20 of the config byte keep people from selling at the terminal. Where they do not, a registration is no gate.</summary>
    public bool ConfigGatesStandalone { get; init; } = true;

    /// <summary>Commands before a registration are refused.</summary>
    public bool RegistrationRequired { get; init; }

    /// <summary>Least columns of the printer in TLV 12; fewer are refused with CC.</summary>
    public int LeastPrinterWidth { get; init; }

    /// <summary>06 B0 during a payment may succeed before the host is contacted.</summary>
    public bool AbortDuringPayment { get; init; } = true;

    /// <summary>Value of TLV 1B that 06 70 needs; null when it needs none.</summary>
    public byte? DiagnosisType { get; init; }

    /// <summary>Silence to allow while a customer types a PIN.</summary>
    public TimeSpan T4 { get; init; } = ZvtTimers.Default.T4;

    /// <summary>The terminal closes a TCP connection on T3.</summary>
    public bool ClosesTcpOnT3 { get; init; } = true;

    /// <summary>Result codes of the host that mean: this terminal is blocked.</summary>
    public ImmutableArray<byte> BlockedHostCodes { get; init; } = [];

    /// <summary>When a payment reverses itself.</summary>
    public AutoReversal Reversal { get; init; } = AutoReversal.StatusAndPrint;

    /// <summary>06 20 repeats only the last successful payment.</summary>
    public bool RepeatsOnlySuccess { get; init; }

    /// <summary>06 0F may come before the receipt, and 06 D1 without master right.</summary>
    public bool PrintsUnasked { get; init; }

    /// <summary>Status bits that every completion of a registration carries.</summary>
    public RegistrationStatus AlwaysReports { get; init; }

    /// <summary>A registration in another currency is refused.</summary>
    public bool ChecksCurrency { get; init; } = true;

    /// <summary>05 01 is answered with TLV details whether the ECR asked for them or not.</summary>
    public bool StatusAlwaysDetailed { get; init; }

    /// <summary>Result code of a command that needs the host and does not reach it.</summary>
    public byte NoHostCode { get; init; } = 0xA3;

    /// <summary>What a technician should know.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>Timers for this terminal.</summary>
    public ZvtTimers Timers => ZvtTimers.Default with { T4 = T4 };

    /// <summary>
    /// What the loss of a message means on this terminal, for an ECR that registered with <paramref name="config"/>: where receipts come ready-made and their answers decide
    /// about the payment, an accepted 04 0F alone makes nothing final (section 9.2).
    /// </summary>
    public EcrRules RulesFor(ConfigByte config) => new()
    {
        ReceiptsDecide = Reversal == AutoReversal.StatusAndPrint && config.HasFlag(ConfigByte.EcrPrintsPayments | ConfigByte.ReadyMadeReceipts),
    };

    /// <summary>The result code of a payment says that the acquirer blocked this terminal.</summary>
    public bool IsBlockedBy(byte resultCode) => BlockedHostCodes.Contains(resultCode);

    /// <summary>
    /// The command as this terminal wants it: with the kind of diagnosis, with the password where 05 01 needs one. Null when it does not implement the command: do not send it.
    /// </summary>
    public ZvtMessage? Adapt(ZvtMessage command, ZvtPassword password) => command switch
    {
        _ when !Implements(command.Code) => null,
        Diagnosis { Type: null } diagnosis when DiagnosisType is { } type => diagnosis with { Type = type },
        StatusEnquiry { Password: null } enquiry when StatusEnquiryNeedsPassword => enquiry with { Password = password },
        _ => command,
    };

    /// <summary>True when the terminal is believed to take the command.</summary>
    public bool Implements(int command) => !NotImplemented.Contains(command);
}
