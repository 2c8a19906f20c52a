namespace Fleet.Server.Domain.Terminals;

/// <summary>Where a terminal stands in its life.</summary>
public enum TerminalState
{
    /// <summary>Known, no agent yet.</summary>
    Registered,

    /// <summary>An agent holds its certificate; the device has not told who it is.</summary>
    Enrolled,

    /// <summary>In use.</summary>
    Active,

    /// <summary>Closed for sales, not settled; the kind says why.</summary>
    Suspended,

    /// <summary>No new sales, the batch is being closed.</summary>
    Settling,

    /// <summary>Settled, compared, closed.</summary>
    Locked,

    /// <summary>Settled; being erased.</summary>
    Retiring,

    /// <summary>Out of service for good.</summary>
    Retired,

    /// <summary>Nobody knows where it is.</summary>
    Lost,
}

/// <summary>What happens to a terminal. Contact is not among them: it never changes a state.</summary>
public enum TerminalEvent
{
    /// <summary>An operator registered it: the first row of its history.</summary>
    Registered,

    /// <summary>An enrolment token was consumed.</summary>
    Enrolled,

    /// <summary>The agent's journal tells which device answers on the line: the commissioning evidence.</summary>
    DeviceIdentified,

    /// <summary>A disable command succeeded.</summary>
    Disabled,

    /// <summary>An enable command succeeded.</summary>
    Enabled,

    /// <summary>A settle-and-lock or retire command began to drain.</summary>
    ClosingBegan,

    /// <summary>The gate opened again without a lock: the closing command was given up.</summary>
    ClosingGivenUp,

    /// <summary>The gate went back to disabled without a lock: the closing command was given up on a suspended terminal.</summary>
    ClosingGivenUpSuspended,

    /// <summary>A settle-and-lock command succeeded.</summary>
    LockProven,

    /// <summary>A retire command began to lock and erase.</summary>
    ErasureBegan,

    /// <summary>A retire command succeeded.</summary>
    RetirementProven,

    /// <summary>An operator reports it lost or stolen.</summary>
    ReportedLost,

    /// <summary>An operator reports it found.</summary>
    ReportedFound,
}

/// <summary>The one table of a terminal's life: (state, event) to state. What is not in it is refused.</summary>
public static class TerminalLifecycle
{
    private static readonly Dictionary<(TerminalState, TerminalEvent), TerminalState> Table = new()
    {
        [(TerminalState.Registered, TerminalEvent.Enrolled)] = TerminalState.Enrolled,

        // A shop computer that was replaced: new agent, same terminal. Not while money is being closed or after the end.
        [(TerminalState.Enrolled, TerminalEvent.Enrolled)] = TerminalState.Enrolled,
        [(TerminalState.Active, TerminalEvent.Enrolled)] = TerminalState.Active,
        [(TerminalState.Suspended, TerminalEvent.Enrolled)] = TerminalState.Suspended,
        [(TerminalState.Locked, TerminalEvent.Enrolled)] = TerminalState.Locked,

        [(TerminalState.Enrolled, TerminalEvent.DeviceIdentified)] = TerminalState.Active,

        [(TerminalState.Enrolled, TerminalEvent.Disabled)] = TerminalState.Suspended,
        [(TerminalState.Active, TerminalEvent.Disabled)] = TerminalState.Suspended,
        [(TerminalState.Suspended, TerminalEvent.Enabled)] = TerminalState.Active,
        [(TerminalState.Locked, TerminalEvent.Enabled)] = TerminalState.Active,

        [(TerminalState.Enrolled, TerminalEvent.ClosingBegan)] = TerminalState.Settling,
        [(TerminalState.Active, TerminalEvent.ClosingBegan)] = TerminalState.Settling,
        [(TerminalState.Suspended, TerminalEvent.ClosingBegan)] = TerminalState.Settling,
        [(TerminalState.Settling, TerminalEvent.ClosingGivenUp)] = TerminalState.Active,
        [(TerminalState.Settling, TerminalEvent.ClosingGivenUpSuspended)] = TerminalState.Suspended,

        // An agent whose terminal was drained already has nothing to drain and may lock at once.
        [(TerminalState.Enrolled, TerminalEvent.LockProven)] = TerminalState.Locked,
        [(TerminalState.Active, TerminalEvent.LockProven)] = TerminalState.Locked,
        [(TerminalState.Suspended, TerminalEvent.LockProven)] = TerminalState.Locked,
        [(TerminalState.Settling, TerminalEvent.LockProven)] = TerminalState.Locked,

        [(TerminalState.Settling, TerminalEvent.ErasureBegan)] = TerminalState.Retiring,
        [(TerminalState.Locked, TerminalEvent.ErasureBegan)] = TerminalState.Retiring,
        [(TerminalState.Settling, TerminalEvent.RetirementProven)] = TerminalState.Retired,
        [(TerminalState.Locked, TerminalEvent.RetirementProven)] = TerminalState.Retired,
        [(TerminalState.Retiring, TerminalEvent.RetirementProven)] = TerminalState.Retired,

        [(TerminalState.Enrolled, TerminalEvent.ReportedLost)] = TerminalState.Lost,
        [(TerminalState.Active, TerminalEvent.ReportedLost)] = TerminalState.Lost,
        [(TerminalState.Suspended, TerminalEvent.ReportedLost)] = TerminalState.Lost,
        [(TerminalState.Settling, TerminalEvent.ReportedLost)] = TerminalState.Lost,
        [(TerminalState.Locked, TerminalEvent.ReportedLost)] = TerminalState.Lost,
        [(TerminalState.Lost, TerminalEvent.ReportedFound)] = TerminalState.Suspended,
    };

    /// <summary>The next state, or null when the table refuses.</summary>
    public static TerminalState? Next(TerminalState state, TerminalEvent happened) =>
        Table.TryGetValue((state, happened), out var next) ? next : null;

    /// <summary>Every row of the table, for documentation and tests.</summary>
    public static IEnumerable<(TerminalState From, TerminalEvent Event, TerminalState To)> Rows =>
        Table.Select(static row => (row.Key.Item1, row.Key.Item2, row.Value));

    /// <summary>The suspension kind that goes with a state reached by an event; empty for every state but Suspended.</summary>
    public static string SuspensionKind(TerminalState reached, TerminalEvent happened, string before) => (reached, happened) switch
    {
        (not TerminalState.Suspended, _) => string.Empty,
        (_, TerminalEvent.ReportedFound) => SuspensionKinds.Found,
        (_, TerminalEvent.Disabled or TerminalEvent.ClosingGivenUpSuspended) => SuspensionKinds.Disabled,
        _ => before,
    };
}

/// <summary>Why a terminal is suspended.</summary>
public static class SuspensionKinds
{
    /// <summary>By a disable command.</summary>
    public const string Disabled = "disabled";

    /// <summary>It was lost and is found again; somebody must look at it before it is enabled.</summary>
    public const string Found = "found";
}
