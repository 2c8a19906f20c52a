using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Command = Fleet.V1.Command;

namespace Fleet.Server.Api;

/// <summary>Commands as operators see them.</summary>
public static class CommandResource
{
    private const string CancelRequested = "The agent was asked to drop it; its answer has not come yet.";

    /// <summary>The resource of a command.</summary>
    public static Command From(CommandView view) => new()
    {
        Name = ResourceNames.OfCommand(view.Id),
        Terminal = view.Terminal.ResourceName,
        Kind = KindOf(view.Kind),
        State = StateOf(view.State),
        StateReason = view.StateReason,
        StateDetail = view.CancelRequested && view.StateDetail.Length == 0 && !CommandLifecycle.IsFinal(view.State) ? CancelRequested : view.StateDetail,
        Reason = view.Reason,
        Message = view.Message,
        Requester = view.Requester.ToString(),
        CreateTime = MoneyResource.Time(view.Created),
        UpdateTime = MoneyResource.Time(view.Updated),
        NotBeforeTime = MoneyResource.Time(view.NotBefore),
        ExpireTime = MoneyResource.Time(view.Expires),
        Moves = { view.Moves.Select(From) },
        Counters = MoneyResource.Four(view.Counters),
        Enforcement = EnforcementOf(view.Enforcement),
        Etag = view.Etag,
        HasClosingProof = view.HasClosingProof,
    };

    /// <summary>The kind an operator asked for; null when none was named.</summary>
    public static CommandKind? KindOf(Command.Types.Kind kind) => kind switch
    {
        Command.Types.Kind.Disable => CommandKind.Disable,
        Command.Types.Kind.Enable => CommandKind.Enable,
        Command.Types.Kind.SettleAndLock => CommandKind.SettleAndLock,
        Command.Types.Kind.Retire => CommandKind.Retire,
        _ => null,
    };

    private static Fleet.V1.CommandMove From(Domain.Commands.CommandMove move) => new()
    {
        From = StateOf(move.From),
        To = StateOf(move.To),
        Time = MoneyResource.Time(move.Time),
        Actor = move.Actor.ToString(),
        Reason = move.Reason,
        Detail = move.Detail,
    };

    private static Command.Types.Kind KindOf(CommandKind kind) => kind switch
    {
        CommandKind.Unspecified => Command.Types.Kind.Unspecified,
        CommandKind.Disable => Command.Types.Kind.Disable,
        CommandKind.Enable => Command.Types.Kind.Enable,
        CommandKind.SettleAndLock => Command.Types.Kind.SettleAndLock,
        CommandKind.Retire => Command.Types.Kind.Retire,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind"),
    };

    private static Command.Types.State StateOf(CommandState state) => state switch
    {
        CommandState.Requested => Command.Types.State.Requested,
        CommandState.AwaitingApproval => Command.Types.State.AwaitingApproval,
        CommandState.Scheduled => Command.Types.State.Scheduled,
        CommandState.Queued => Command.Types.State.Queued,
        CommandState.Sent => Command.Types.State.Sent,
        CommandState.Accepted => Command.Types.State.Accepted,
        CommandState.Draining => Command.Types.State.Draining,
        CommandState.Settling => Command.Types.State.Settling,
        CommandState.Uploading => Command.Types.State.Uploading,
        CommandState.Reconciling => Command.Types.State.Reconciling,
        CommandState.Locking => Command.Types.State.Locking,
        CommandState.Succeeded => Command.Types.State.Succeeded,
        CommandState.Blocked => Command.Types.State.Blocked,
        CommandState.Unknown => Command.Types.State.Unknown,
        CommandState.Failed => Command.Types.State.Failed,
        CommandState.Cancelled => Command.Types.State.Cancelled,
        CommandState.Expired => Command.Types.State.Expired,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no such state"),
    };

    private static string EnforcementOf(EnforcementLevel level) => level switch
    {
        EnforcementLevel.Unspecified => string.Empty,
        EnforcementLevel.Gate => "GATE",
        EnforcementLevel.Registered => "REGISTERED",
        EnforcementLevel.Device => "DEVICE",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "no such level"),
    };
}
