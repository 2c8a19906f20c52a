using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Commands;

/// <summary>A command that is not final, as far as the gates need to know it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">What it does.</param>
/// <param name="State">Where it stands.</param>
/// <param name="StartsLater">Its start lies ahead.</param>
public sealed record OpenCommand(string Id, CommandKind Kind, CommandState State, bool StartsLater);

/// <summary>Which command is allowed in which state of a terminal, and which commands exclude each other.</summary>
public static class CommandGates
{
    private static readonly Dictionary<CommandNature, TerminalState[]> Allowed = new()
    {
        [CommandNature.Reading] =
        [
            TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended, TerminalState.Settling, TerminalState.Locked, TerminalState.Retiring,
        ],
        [CommandNature.Rules] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended, TerminalState.Settling, TerminalState.Locked],
        [CommandNature.Touching] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended, TerminalState.Locked],
        [CommandNature.Opening] = [TerminalState.Suspended, TerminalState.Locked],
        [CommandNature.Closing] = [TerminalState.Enrolled, TerminalState.Active],
        [CommandNature.Settling] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended],
        [CommandNature.Locking] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended],
        [CommandNature.Retiring] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended, TerminalState.Locked],
    };

    /// <summary>States of a terminal in which a kind of command may be created.</summary>
    public static IReadOnlyList<TerminalState> StatesFor(CommandKind kind) => CommandKinds.Find(kind) is { } row ? Allowed[row.Nature] : [];

    /// <summary>Null when the command may be created; otherwise the gate that refuses it.</summary>
    public static Refusal? Check(TerminalId terminal, TerminalState state, CommandKind kind, IEnumerable<OpenCommand> open)
    {
        if (state == TerminalState.Retired)
        {
            return Refusal.Gate(ReasonCodes.TerminalRetired, terminal.ResourceName, $"Terminal {terminal} is retired; nothing is executed on it any more.");
        }

        if (!StatesFor(kind).Contains(state))
        {
            return Refusal.Gate(
                ReasonCodes.StateForbids,
                terminal.ResourceName,
                $"{CommandKinds.Word(kind)} needs terminal {terminal} to be {string.Join(" or ", StatesFor(kind))}; it is {state}.");
        }

        return open.FirstOrDefault(other => Excludes(other, kind)) is { } conflict
            ? Refusal.Gate(
                ReasonCodes.ConflictingCommand,
                $"commands/{conflict.Id}",
                $"{CommandKinds.Word(conflict.Kind)} {conflict.Id} is {conflict.State}; it excludes {CommandKinds.Word(kind)} until it is finished or cancelled.")
            : null;
    }

    // Two commands of a kind that open, close or settle would do the same twice; two that close a batch would race for one batch; and what
    // the agent would refuse is refused here, once the other may have begun. One that waits, here or at the agent, stops nobody.
    private static bool Excludes(OpenCommand open, CommandKind asked) =>
        (open.Kind == asked && ChangesTheLane(asked))
        || (CommandKinds.ClosesBatch(open.Kind) && CommandKinds.ClosesBatch(asked))
        || (MayHaveBegun(open) && CommandConflicts.RuleFor(open.Kind, asked) == ConflictRule.Refuse);

    private static bool ChangesTheLane(CommandKind kind) => CommandKinds.Find(kind)?.Nature is
        CommandNature.Opening or CommandNature.Closing or CommandNature.Settling or CommandNature.Locking or CommandNature.Retiring;

    private static bool MayHaveBegun(OpenCommand open) => open.State switch
    {
        CommandState.Requested or CommandState.AwaitingApproval or CommandState.Scheduled or CommandState.Queued => false,
        CommandState.Sent or CommandState.Unknown or CommandState.Accepted => !open.StartsLater,
        _ => true,
    };
}
