using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Commands;

/// <summary>What a stage that an agent reports means for the command and for its terminal.</summary>
public static class CommandEvidence
{
    /// <summary>Trigger of the command's table; null for a stage that moves nothing.</summary>
    public static CommandTrigger? TriggerOf(CommandStage stage, string reason) => stage switch
    {
        CommandStage.Accepted => CommandTrigger.AgentAccepted,
        CommandStage.Refused when reason == ReasonCodes.Expired => CommandTrigger.AgentExpired,
        CommandStage.Refused => CommandTrigger.AgentFailed,
        CommandStage.Executing => CommandTrigger.AgentExecuting,
        CommandStage.Draining => CommandTrigger.AgentDraining,
        CommandStage.Settling => CommandTrigger.AgentSettling,
        CommandStage.Uploading => CommandTrigger.AgentUploading,
        CommandStage.Reconciling => CommandTrigger.AgentReconciling,
        CommandStage.Locking or CommandStage.Erasing => CommandTrigger.AgentLocking,
        CommandStage.Succeeded => CommandTrigger.AgentSucceeded,
        CommandStage.Failed => CommandTrigger.AgentFailed,
        CommandStage.Blocked => CommandTrigger.AgentBlocked,
        CommandStage.Expired => CommandTrigger.AgentExpired,
        CommandStage.Cancelled => CommandTrigger.AgentCancelled,
        _ => null,
    };

    /// <summary>True for a stage after which the agent does nothing more for the command.</summary>
    public static bool IsLast(CommandStage stage) => stage is
        CommandStage.Refused or CommandStage.Succeeded or CommandStage.Failed or CommandStage.Expired or CommandStage.Cancelled;

    /// <summary>
    /// What the stage proves about the terminal. The success of a command that closes a batch is not here: it is proven only
    /// together with the balanced settlement.
    /// </summary>
    public static TerminalEvent? TerminalEventOf(CommandKind kind, CommandStage stage) => (kind, stage) switch
    {
        (CommandKind.Disable, CommandStage.Succeeded) => TerminalEvent.Disabled,
        (CommandKind.Enable, CommandStage.Succeeded) => TerminalEvent.Enabled,
        (CommandKind.SettleAndLock or CommandKind.Retire, CommandStage.Draining) => TerminalEvent.ClosingBegan,
        (CommandKind.Retire, CommandStage.Locking or CommandStage.Erasing) => TerminalEvent.ErasureBegan,
        _ => null,
    };

    /// <summary>What a move of the agent's gate proves about the terminal.</summary>
    public static TerminalEvent? TerminalEventOf(GateChange.Types.State gate) => gate switch
    {
        GateChange.Types.State.Open => TerminalEvent.ClosingGivenUp,
        GateChange.Types.State.Disabled => TerminalEvent.ClosingGivenUpSuspended,
        _ => null,
    };

    /// <summary>What the proven success of a command that closes a batch makes of the terminal.</summary>
    public static TerminalEvent ClosedEvent(CommandKind kind) => kind switch
    {
        CommandKind.SettleAndLock => TerminalEvent.LockProven,
        CommandKind.Retire => TerminalEvent.RetirementProven,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "closes no batch"),
    };
}
