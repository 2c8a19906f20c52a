using Fleet.Contracts.Link.V1;

namespace Fleet.Agent.Commands;

/// <summary>What came of one step.</summary>
/// <param name="Again">True: look at the command again at once. False: not before a while or a change.</param>
/// <param name="Reason">Reason code when somebody should know why it does not go on; empty for a wait that is normal.</param>
/// <param name="Detail">The same in words.</param>
public sealed record StepOutcome(bool Again, string Reason, string Detail)
{
    /// <summary>The command has moved, or somebody else moved it.</summary>
    public static StepOutcome Moved { get; } = new(Again: true, string.Empty, string.Empty);

    /// <summary>Waits for something that is on its way.</summary>
    public static StepOutcome Waiting(string detail) => new(Again: false, string.Empty, detail);

    /// <summary>Does not get on; it is reported as blocked and tried again.</summary>
    public static StepOutcome Blocked(string reason, string detail) => new(Again: false, reason, detail);
}

/// <summary>
/// How one kind of command is executed. A step does the act of the stage the record stands at and then moves the record on; it is
/// repeated after a crash, so the act is idempotent or finds out first what it had achieved.
/// </summary>
public interface ICommandPlan
{
    /// <summary>Kinds it executes.</summary>
    IReadOnlyList<CommandKind> Kinds { get; }

    /// <summary>Does the act of <paramref name="record"/>'s stage. Cancelled when the record is moved by somebody else.</summary>
    Task<StepOutcome> StepAsync(CommandRecord record, CancellationToken cancellationToken);
}
