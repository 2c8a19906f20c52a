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
