using Fleet.Contracts;
using Fleet.Contracts.Link.V1;
using Fleet.Server.Domain.Commands;
using Command = Fleet.V1.Command;

namespace Fleet.Server.Api;

/// <summary>Commands as operators see them.</summary>
public static class CommandResource
{
    private const string CancelRequested = "The agent was asked to drop it; its answer has not come yet.";

    private static readonly (CommandKind Link, Command.Types.Kind Operator)[] KindPairs =
    [
        (CommandKind.Unspecified, Command.Types.Kind.Unspecified),
        (CommandKind.Disable, Command.Types.Kind.Disable),
        (CommandKind.Enable, Command.Types.Kind.Enable),
        (CommandKind.SettleAndLock, Command.Types.Kind.SettleAndLock),
        (CommandKind.Retire, Command.Types.Kind.Retire),
        (CommandKind.Settle, Command.Types.Kind.Settle),
        (CommandKind.SyncNow, Command.Types.Kind.SyncNow),
        (CommandKind.DisablePaymentMethod, Command.Types.Kind.DisablePaymentMethod),
        (CommandKind.EnablePaymentMethod, Command.Types.Kind.EnablePaymentMethod),
        (CommandKind.SetLimits, Command.Types.Kind.SetLimits),
        (CommandKind.DisplayMessage, Command.Types.Kind.DisplayMessage),
        (CommandKind.Diagnose, Command.Types.Kind.Diagnose),
        (CommandKind.RestartTerminal, Command.Types.Kind.RestartTerminal),
        (CommandKind.SetClock, Command.Types.Kind.SetClock),
        (CommandKind.ApplyConfiguration, Command.Types.Kind.ApplyConfiguration),
        (CommandKind.CollectDiagnostics, Command.Types.Kind.CollectDiagnostics),
        (CommandKind.ClearTamper, Command.Types.Kind.ClearTamper),
    ];

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
        Parameters = ParametersOf(view.Parameters),
        Report = view.Report,
        AttachmentName = view.AttachmentName,
        Approvals = view.Approvals is { } approvals ? From(approvals) : null,
    };

    private static Fleet.V1.CommandApprovals From(Domain.Commands.ApprovalView approvals) => new()
    {
        Needed = (uint)approvals.Needed,
        Order = Google.Protobuf.ByteString.CopyFrom(approvals.Order),
        Given = { approvals.Given.Select(static g => new Fleet.V1.CommandApproval { Approver = g.Owner, KeyId = g.KeyId, Time = MoneyResource.Time(g.Time) }) },
    };

    /// <summary>The parameters an operator named, as agents are told them.</summary>
    public static CommandParameters ParametersOf(Fleet.V1.CommandParameters? parameters)
    {
        var told = new CommandParameters();
        if (parameters is null)
        {
            return told;
        }

        told.PaymentMethods.Add(parameters.PaymentMethods);
        told.Configuration.Add(parameters.Configuration.Select(static s => new ConfigurationSetting { Key = s.Key, Value = s.Value }));
        if (parameters.Limits is { } limits)
        {
            told.Limits = new PaymentLimits
            {
                AmountCaps = { limits.AmountCaps.Select(static m => new Money { MinorUnits = m.MinorUnits, Currency = m.Currency }) },
                OfflineCount = limits.OfflineCount,
                OfflineAgeSeconds = limits.OfflineAgeSeconds,
                OfflineAmounts = { limits.OfflineAmounts.Select(static m => new Money { MinorUnits = m.MinorUnits, Currency = m.Currency }) },
            };
        }

        return told;
    }

    private static Fleet.V1.CommandParameters? ParametersOf(CommandParameters parameters)
    {
        if (parameters.CalculateSize() == 0)
        {
            return null;
        }

        var shown = new Fleet.V1.CommandParameters
        {
            PaymentMethods = { parameters.PaymentMethods },
            Configuration = { parameters.Configuration.Select(static s => new Fleet.V1.ConfigurationSetting { Key = s.Key, Value = s.Value }) },
        };
        if (parameters.Limits is { } limits)
        {
            shown.Limits = new Fleet.V1.PaymentLimits
            {
                AmountCaps = { limits.AmountCaps.Select(static m => new Fleet.V1.Money { MinorUnits = m.MinorUnits, Currency = m.Currency }) },
                OfflineCount = limits.OfflineCount,
                OfflineAgeSeconds = limits.OfflineAgeSeconds,
                OfflineAmounts = { limits.OfflineAmounts.Select(static m => new Fleet.V1.Money { MinorUnits = m.MinorUnits, Currency = m.Currency }) },
            };
        }

        return shown;
    }

    /// <summary>The kind an operator asked for; null when none was named.</summary>
    public static CommandKind? KindOf(Command.Types.Kind kind) =>
        KindPairs.FirstOrDefault(pair => pair.Operator == kind) is { Link: not CommandKind.Unspecified } found ? found.Link : null;

    private static Fleet.V1.CommandMove From(Domain.Commands.CommandMove move) => new()
    {
        From = StateOf(move.From),
        To = StateOf(move.To),
        Time = MoneyResource.Time(move.Time),
        Actor = move.Actor.ToString(),
        Reason = move.Reason,
        Detail = move.Detail,
    };

    private static Command.Types.Kind KindOf(CommandKind kind) => KindPairs.First(pair => pair.Link == kind).Operator;

    private static Command.Types.State StateOf(CommandState state) => state switch
    {
        CommandState.Requested => Command.Types.State.Requested,
        CommandState.AwaitingApproval => Command.Types.State.AwaitingApproval,
        CommandState.Scheduled => Command.Types.State.Scheduled,
        CommandState.Queued => Command.Types.State.Queued,
        CommandState.Sent => Command.Types.State.Sent,
        CommandState.Accepted => Command.Types.State.Accepted,
        CommandState.Executing => Command.Types.State.Executing,
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
