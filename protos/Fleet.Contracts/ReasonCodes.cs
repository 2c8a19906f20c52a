namespace Fleet.Contracts;

/// <summary>
/// Stable codes that say why something was refused, blocked or alarmed. They cross the wire, appear in rows, CLI and
/// console, and never change their meaning. Upper snake case, as in <c>google.rpc.ErrorInfo.reason</c>.
/// </summary>
public static class ReasonCodes
{
    // Commands: refused by the agent.

    /// <summary>No signature of a trusted command key fits the payload.</summary>
    public const string SignatureInvalid = "SIGNATURE_INVALID";

    /// <summary>The command is for another terminal.</summary>
    public const string WrongTerminal = "WRONG_TERMINAL";

    /// <summary>The counter is not above the highest one accepted: a replay or an overtaken command.</summary>
    public const string CounterReplayed = "COUNTER_REPLAYED";

    /// <summary>The validity has passed before the command was started.</summary>
    public const string Expired = "EXPIRED";

    /// <summary>The agent's software does not know this kind.</summary>
    public const string KindUnsupported = "KIND_UNSUPPORTED";

    /// <summary>Another command that excludes this one is running.</summary>
    public const string ConflictingCommand = "CONFLICTING_COMMAND";

    /// <summary>The terminal is retired; nothing is executed any more.</summary>
    public const string TerminalRetired = "TERMINAL_RETIRED";

    /// <summary>A parameter is missing or makes no sense for the kind; the detail names it.</summary>
    public const string ParametersInvalid = "PARAMETERS_INVALID";

    /// <summary>The agent's own settings forbid what was asked for, and they win.</summary>
    public const string SettingsForbid = "SETTINGS_FORBID";

    /// <summary>The terminal answered and would not do it.</summary>
    public const string TerminalRefused = "TERMINAL_REFUSED";

    /// <summary>The agent has no signed time of the server yet.</summary>
    public const string TimeUnknown = "TIME_UNKNOWN";

    /// <summary>The kind needs more approvals than the command carries.</summary>
    public const string ApprovalsMissing = "APPROVALS_MISSING";

    /// <summary>What was approved is not what the command says.</summary>
    public const string ApprovalsForeign = "APPROVALS_FOREIGN";

    /// <summary>An approver said no.</summary>
    public const string ApprovalRejected = "APPROVAL_REJECTED";

    // Commands: blocked, somebody must look.

    /// <summary>The four counters of the batch are not equal.</summary>
    public const string CountersDiffer = "COUNTERS_DIFFER";

    /// <summary>A payment's outcome is unknown and could not be learnt.</summary>
    public const string UnknownTransactions = "UNKNOWN_TRANSACTIONS";

    /// <summary>The acquirer has not told its totals in time.</summary>
    public const string AcquirerTotalsMissing = "ACQUIRER_TOTALS_MISSING";

    /// <summary>The terminal could not settle: host unreachable or end-of-day refused.</summary>
    public const string SettlementFailed = "SETTLEMENT_FAILED";

    /// <summary>Nobody answers on the line.</summary>
    public const string TerminalUnreachable = "TERMINAL_UNREACHABLE";

    /// <summary>Another device answers than the one that was pinned.</summary>
    public const string TerminalSubstituted = "TERMINAL_SUBSTITUTED";

    /// <summary>Entries are still on the agent and the server is out of reach.</summary>
    public const string EntriesUnsent = "ENTRIES_UNSENT";

    // Commands: refused by the server.

    /// <summary>The lifecycle state does not allow it.</summary>
    public const string StateForbids = "STATE_FORBIDS";

    /// <summary>The agent has begun: the command can no longer be taken back.</summary>
    public const string TooLateToCancel = "TOO_LATE_TO_CANCEL";

    // Trust.

    /// <summary>A trust bundle is not above the pinned one: a replay.</summary>
    public const string TrustReplayed = "TRUST_REPLAYED";

    /// <summary>A trust bundle lacks signatures of the present roots or of its own, or contradicts itself.</summary>
    public const string TrustRefused = "TRUST_REFUSED";

    /// <summary>The server refused a new certificate, or the one it sent does not fit.</summary>
    public const string CertificateNotRenewed = "CERTIFICATE_NOT_RENEWED";

    // Alarms.

    /// <summary>A terminal that is retired made contact.</summary>
    public const string RetiredContact = "RETIRED_CONTACT";

    /// <summary>A journal file was damaged and set aside.</summary>
    public const string JournalDamaged = "JOURNAL_DAMAGED";

    /// <summary>A commit to disk failed.</summary>
    public const string StorageFailed = "STORAGE_FAILED";

    /// <summary>The chain of an agent's journal does not fit what the server holds.</summary>
    public const string ChainBroken = "CHAIN_BROKEN";

    /// <summary>The clock of an agent's computer is far from the server's.</summary>
    public const string ClockSkew = "CLOCK_SKEW";

    /// <summary>The server was not heard for so long that a lane stepped down.</summary>
    public const string LeaseStep = "LEASE_STEP";

    /// <summary>The terminal gave receipt numbers to payments that no till of the agent asked for.</summary>
    public const string ReceiptGap = "RECEIPT_GAP";

    /// <summary>The terminal used trace numbers for something that no till of the agent asked for; it tells no receipt numbers.</summary>
    public const string TraceGap = "TRACE_GAP";

    /// <summary>The terminal's totals hold records that no till of the agent asked for.</summary>
    public const string StandaloneSales = "STANDALONE_SALES";

    /// <summary>The terminal says that it was opened or that its secure module changed.</summary>
    public const string TerminalTampered = "TERMINAL_TAMPERED";

    /// <summary>The acquirer answered a payment with a code that means: this terminal is blocked.</summary>
    public const string AcquirerBlocked = "ACQUIRER_BLOCKED";
}
