using Fleet.Contracts.Link.V1;

namespace Fleet.Contracts;

/// <summary>What a command does to a lane: kinds of one nature treat each other alike.</summary>
public enum CommandNature
{
    /// <summary>Only asks or sends: may run while another command waits.</summary>
    Reading,

    /// <summary>Changes what the agent allows, in one commit of its own.</summary>
    Rules,

    /// <summary>Does something at the terminal that moves no money.</summary>
    Touching,

    /// <summary>Opens the gate.</summary>
    Opening,

    /// <summary>Closes the gate.</summary>
    Closing,

    /// <summary>Closes the batch; the gate opens again.</summary>
    Settling,

    /// <summary>Closes the batch and the gate.</summary>
    Locking,

    /// <summary>Closes both for ever.</summary>
    Retiring,
}

/// <summary>What a kind takes besides the command itself.</summary>
public enum CommandInput
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>At least one of <see cref="PaymentMethods"/>.</summary>
    Methods,

    /// <summary>Limits; none at all lifts every commanded one.</summary>
    Limits,

    /// <summary>Settings; none at all falls back to the agent's own.</summary>
    Configuration,

    /// <summary>A message to show.</summary>
    Message,
}

/// <summary>One kind of command.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Word">Its word for operators.</param>
/// <param name="Nature">What it does to a lane.</param>
/// <param name="Input">What it takes.</param>
public sealed record CommandKindRow(CommandKind Kind, string Word, CommandNature Nature, CommandInput Input = CommandInput.None)
{
    /// <summary>
    /// Approvals that a fleet with approvers should ask for: one where a wrong word closes lanes or misleads agents, two where nothing can be
    /// undone. What holds is what the roots of the fleet signed into its trust bundle.
    /// </summary>
    public int AdvisedApprovals => Nature switch
    {
        CommandNature.Retiring => 2,
        CommandNature.Closing or CommandNature.Locking => 1,
        _ => Input == CommandInput.Configuration ? 1 : 0,
    };
}

/// <summary>The one table of the kinds of commands.</summary>
public static class CommandKinds
{
    private static readonly Dictionary<CommandKind, CommandKindRow> Table = new CommandKindRow[]
    {
        new(CommandKind.Disable, "disable", CommandNature.Closing),
        new(CommandKind.Enable, "enable", CommandNature.Opening),
        new(CommandKind.SettleAndLock, "settle-and-lock", CommandNature.Locking),
        new(CommandKind.Retire, "retire", CommandNature.Retiring),
        new(CommandKind.Settle, "settle", CommandNature.Settling),
        new(CommandKind.SyncNow, "sync-now", CommandNature.Reading),
        new(CommandKind.DisablePaymentMethod, "disable-payment-method", CommandNature.Rules, CommandInput.Methods),
        new(CommandKind.EnablePaymentMethod, "enable-payment-method", CommandNature.Rules, CommandInput.Methods),
        new(CommandKind.SetLimits, "set-limits", CommandNature.Rules, CommandInput.Limits),
        new(CommandKind.DisplayMessage, "display-message", CommandNature.Touching, CommandInput.Message),
        new(CommandKind.Diagnose, "diagnose", CommandNature.Reading),
        new(CommandKind.RestartTerminal, "restart-terminal", CommandNature.Touching),
        new(CommandKind.SetClock, "set-clock", CommandNature.Touching),
        new(CommandKind.ApplyConfiguration, "apply-configuration", CommandNature.Rules, CommandInput.Configuration),
        new(CommandKind.CollectDiagnostics, "collect-diagnostics", CommandNature.Reading),
        new(CommandKind.ClearTamper, "clear-tamper", CommandNature.Rules),
    }.ToDictionary(static row => row.Kind);

    /// <summary>Every row.</summary>
    public static IReadOnlyCollection<CommandKindRow> All => Table.Values;

    /// <summary>The row of a kind; null for one this version does not know.</summary>
    public static CommandKindRow? Find(CommandKind kind) => Table.GetValueOrDefault(kind);

    /// <summary>The word for a kind that operators use.</summary>
    public static string Word(CommandKind kind) => Find(kind)?.Word ?? $"command kind {(int)kind}";

    /// <summary>The row with this word for operators; null for none.</summary>
    public static CommandKindRow? Find(string word) => Table.Values.FirstOrDefault(row => row.Word == word);

    /// <summary>True for commands that end with a closing proof.</summary>
    public static bool ClosesBatch(CommandKind kind) => Find(kind)?.Nature is CommandNature.Locking or CommandNature.Retiring;
}
