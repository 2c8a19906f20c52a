namespace Fleet.Server.Domain.Terminals;

/// <summary>Codes of alarms that only the server raises; the others are in <see cref="Contracts.ReasonCodes"/>.</summary>
public static class AlarmCodes
{
    /// <summary>A journal entry says something that cannot be booked: an impossible amount, an unknown kind of payment.</summary>
    public const string EntryInvalid = "ENTRY_INVALID";

    /// <summary>An agent reports on a command that is not its own or that this server never made.</summary>
    public const string CommandForeign = "COMMAND_FOREIGN";

    /// <summary>An agent reports a result for a command that was final already.</summary>
    public const string LateResult = "LATE_RESULT";

    /// <summary>An agent says that it locked or retired, and no balanced settlement proves it.</summary>
    public const string LockUnproven = "LOCK_UNPROVEN";

    /// <summary>Somebody connects with a certificate that is no longer the terminal's valid one.</summary>
    public const string CertificateSuperseded = "CERTIFICATE_SUPERSEDED";

    /// <summary>The same settlement id came twice with different entries.</summary>
    public const string SettlementRepeated = "SETTLEMENT_REPEATED";
}
