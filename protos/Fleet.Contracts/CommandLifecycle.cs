namespace Fleet.Contracts;

/// <summary>Where a command stands, as server, agent, CLI and console all say it.</summary>
public enum CommandState
{
    /// <summary>Asked for.</summary>
    Requested,

    /// <summary>Waits for another operator.</summary>
    AwaitingApproval,

    /// <summary>Starts later, and has not been given to the agent yet.</summary>
    Scheduled,

    /// <summary>Signed, waits for the agent to be reachable.</summary>
    Queued,

    /// <summary>Handed to the agent's connection, perhaps more than once; nothing has come back.</summary>
    Sent,

    /// <summary>Verified and durable on the agent.</summary>
    Accepted,

    /// <summary>A command that is done in one go is being done.</summary>
    Executing,

    /// <summary>No new sales; the running one finishes.</summary>
    Draining,

    /// <summary>End-of-day runs.</summary>
    Settling,

    /// <summary>The journal up to the settlement is on its way.</summary>
    Uploading,

    /// <summary>The counters are compared.</summary>
    Reconciling,

    /// <summary>The terminal is being locked (and erased, for retire).</summary>
    Locking,

    /// <summary>Done, and proven by the agent's journal.</summary>
    Succeeded,

    /// <summary>Cannot go on without somebody.</summary>
    Blocked,

    /// <summary>It was sent, its validity is over, and nobody knows whether it was executed.</summary>
    Unknown,

    /// <summary>Refused or failed; the step and reason are in the move.</summary>
    Failed,

    /// <summary>Taken back before the agent began.</summary>
    Cancelled,

    /// <summary>Expired before it was ever sent.</summary>
    Expired,
}

/// <summary>What happens to a command.</summary>
public enum CommandTrigger
{
    /// <summary>Policy asks for approval.</summary>
    ApprovalNeeded,

    /// <summary>Approved, or no approval needed, and its time has come.</summary>
    Release,

    /// <summary>Released, but its start time is later.</summary>
    Defer,

    /// <summary>About to be given to the agent's connection, for the first time.</summary>
    Deliver,

    /// <summary>The agent reports this stage.</summary>
    AgentAccepted,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentExecuting,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentDraining,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentSettling,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentUploading,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentReconciling,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentLocking,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentSucceeded,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentFailed,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentBlocked,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentExpired,

    /// <inheritdoc cref="AgentAccepted"/>
    AgentCancelled,

    /// <summary>The operator takes it back and it was never delivered.</summary>
    Cancel,

    /// <summary>The validity is over.</summary>
    Expire,
}

/// <summary>
/// The one table of a command's life: (state, trigger) to state. What is not in it is refused. Agent stages may skip
/// ahead, because a stage can be reported while the connection is down, but never go back.
/// </summary>
public static class CommandLifecycle
{
    private static readonly CommandState[] Progress =
    [
        CommandState.Accepted, CommandState.Executing, CommandState.Draining, CommandState.Settling, CommandState.Uploading,
        CommandState.Reconciling, CommandState.Locking, CommandState.Succeeded,
    ];

    private static readonly Dictionary<(CommandState, CommandTrigger), CommandState> Table = BuildTable();

    /// <summary>States that a command never leaves.</summary>
    public static bool IsFinal(CommandState state) => state is
        CommandState.Succeeded or CommandState.Failed or CommandState.Cancelled or CommandState.Expired;

    /// <summary>The next state, or null when the table refuses.</summary>
    public static CommandState? Next(CommandState state, CommandTrigger trigger) =>
        Table.TryGetValue((state, trigger), out var next) ? next : null;

    /// <summary>Every row of the table, for documentation and tests.</summary>
    public static IEnumerable<(CommandState From, CommandTrigger Trigger, CommandState To)> Rows =>
        Table.Select(static row => (row.Key.Item1, row.Key.Item2, row.Value));

    private static Dictionary<(CommandState, CommandTrigger), CommandState> BuildTable()
    {
        var table = new Dictionary<(CommandState, CommandTrigger), CommandState>
        {
            [(CommandState.Requested, CommandTrigger.ApprovalNeeded)] = CommandState.AwaitingApproval,
            [(CommandState.Requested, CommandTrigger.Release)] = CommandState.Queued,
            [(CommandState.Requested, CommandTrigger.Defer)] = CommandState.Scheduled,
            [(CommandState.AwaitingApproval, CommandTrigger.Release)] = CommandState.Queued,
            [(CommandState.AwaitingApproval, CommandTrigger.Defer)] = CommandState.Scheduled,
            [(CommandState.Scheduled, CommandTrigger.Release)] = CommandState.Queued,
            [(CommandState.Queued, CommandTrigger.Deliver)] = CommandState.Sent,

            // Ahead of its start, so that the agent needs no network when its time comes.
            [(CommandState.Scheduled, CommandTrigger.Deliver)] = CommandState.Sent,

            // Before the first delivery nobody can have begun. From Sent on (the row is durable before the bytes leave) only
            // the agent knows; a delivery that is repeated stays Sent.
            [(CommandState.Requested, CommandTrigger.Cancel)] = CommandState.Cancelled,
            [(CommandState.AwaitingApproval, CommandTrigger.Cancel)] = CommandState.Cancelled,
            [(CommandState.Scheduled, CommandTrigger.Cancel)] = CommandState.Cancelled,
            [(CommandState.Queued, CommandTrigger.Cancel)] = CommandState.Cancelled,
            [(CommandState.Requested, CommandTrigger.Expire)] = CommandState.Expired,
            [(CommandState.AwaitingApproval, CommandTrigger.Expire)] = CommandState.Expired,
            [(CommandState.Scheduled, CommandTrigger.Expire)] = CommandState.Expired,
            [(CommandState.Queued, CommandTrigger.Expire)] = CommandState.Expired,
            [(CommandState.Sent, CommandTrigger.Expire)] = CommandState.Unknown,
        };

        CommandState[] open = [CommandState.Sent, CommandState.Unknown, CommandState.Blocked, .. Progress[..^1]];
        foreach (var from in open)
        {
            AddAgentRows(table, from);
        }

        return table;
    }

    private static void AddAgentRows(Dictionary<(CommandState, CommandTrigger), CommandState> table, CommandState from)
    {
        // A blocked command goes on from whatever stage the agent resumes at.
        var reached = Array.IndexOf(Progress, from);
        for (var i = reached + 1; i < Progress.Length; i++)
        {
            table[(from, StageTrigger(Progress[i]))] = Progress[i];
        }

        table[(from, CommandTrigger.AgentFailed)] = CommandState.Failed;
        table[(from, CommandTrigger.AgentExpired)] = CommandState.Expired;
        table[(from, CommandTrigger.AgentCancelled)] = CommandState.Cancelled;
        if (from != CommandState.Blocked)
        {
            table[(from, CommandTrigger.AgentBlocked)] = CommandState.Blocked;
        }
    }

    private static CommandTrigger StageTrigger(CommandState state) => state switch
    {
        CommandState.Accepted => CommandTrigger.AgentAccepted,
        CommandState.Executing => CommandTrigger.AgentExecuting,
        CommandState.Draining => CommandTrigger.AgentDraining,
        CommandState.Settling => CommandTrigger.AgentSettling,
        CommandState.Uploading => CommandTrigger.AgentUploading,
        CommandState.Reconciling => CommandTrigger.AgentReconciling,
        CommandState.Locking => CommandTrigger.AgentLocking,
        CommandState.Succeeded => CommandTrigger.AgentSucceeded,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no stage of an agent"),
    };
}
