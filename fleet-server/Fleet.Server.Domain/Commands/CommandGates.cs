using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Terminals;

namespace Fleet.Server.Domain.Commands;

/// <summary>A command that is not final, as far as the gates need to know it.</summary>
public sealed record OpenCommand(string Id, CommandKind Kind, CommandState State);

/// <summary>Which command is allowed in which state of a terminal, and which commands exclude each other.</summary>
public static class CommandGates
{
    private static readonly Dictionary<CommandKind, TerminalState[]> Allowed = new()
    {
        [CommandKind.Disable] = [TerminalState.Enrolled, TerminalState.Active],
        [CommandKind.Enable] = [TerminalState.Suspended, TerminalState.Locked],
        [CommandKind.SettleAndLock] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended],
        [CommandKind.Retire] = [TerminalState.Enrolled, TerminalState.Active, TerminalState.Suspended, TerminalState.Locked],
    };

    /// <summary>Kinds that an operator can ask for.</summary>
    public static IEnumerable<CommandKind> Kinds => Allowed.Keys;

    /// <summary>States of a terminal in which a kind of command may be created.</summary>
    public static IReadOnlyList<TerminalState> StatesFor(CommandKind kind) => Allowed.TryGetValue(kind, out var states) ? states : [];

    /// <summary>True for commands that close a batch.</summary>
    public static bool ClosesBatch(CommandKind kind) => kind is CommandKind.SettleAndLock or CommandKind.Retire;

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
                $"{Word(kind)} needs terminal {terminal} to be {string.Join(" or ", StatesFor(kind))}; it is {state}.");
        }

        return open.FirstOrDefault(other => Excludes(other, kind)) is { } conflict
            ? Refusal.Gate(
                ReasonCodes.ConflictingCommand,
                $"commands/{conflict.Id}",
                $"{Word(conflict.Kind)} {conflict.Id} is {conflict.State}; it excludes {Word(kind)} until it is finished or cancelled.")
            : null;
    }

    // Two commands of a kind would do the same twice; two that close a batch would race for one batch; and once a closing command has
    // left, a gate that moves under it would make its proof a lie. One that still waits here stops nobody.
    private static bool Excludes(OpenCommand open, CommandKind asked) =>
        open.Kind == asked
        || (ClosesBatch(open.Kind) && (ClosesBatch(asked) || HasLeft(open.State)));

    private static bool HasLeft(CommandState state) => state is not
        (CommandState.Requested or CommandState.AwaitingApproval or CommandState.Scheduled or CommandState.Queued);

    /// <summary>The word for a kind that operators use.</summary>
    public static string Word(CommandKind kind) => kind switch
    {
        CommandKind.Disable => "disable",
        CommandKind.Enable => "enable",
        CommandKind.SettleAndLock => "settle-and-lock",
        CommandKind.Retire => "retire",
        _ => $"command kind {(int)kind}",
    };
}
