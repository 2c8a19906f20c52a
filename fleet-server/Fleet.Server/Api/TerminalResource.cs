using Fleet.Server.Domain.Terminals;
using Fleet.V1;

namespace Fleet.Server.Api;

/// <summary>Terminals as operators see them.</summary>
public static class TerminalResource
{
    /// <summary>The resource of a terminal.</summary>
    public static Terminal From(TerminalView view)
    {
        var terminal = new Terminal
        {
            Name = view.Id.ResourceName,
            DisplayName = view.DisplayName,
            Store = view.Store,
            Lane = view.Lane,
            State = StateOf(view.State),
            SuspensionKind = view.SuspensionKind,
            Tid = view.Tid,
            SerialNumber = view.SerialNumber,
            Model = view.Model,
            Software = view.Software,
            Connected = view.Connected,
            LastContactTime = MoneyResource.Time(view.LastContact),
            CreateTime = MoneyResource.Time(view.Created),
            UpdateTime = MoneyResource.Time(view.Updated),
            Etag = view.Etag,
            UnknownTransactions = (uint)view.UnknownTransactions,
            UnsentEntries = (ulong)view.UnsentEntries,
            AgentVersion = view.AgentVersion,
        };
        if (view.Unsettled.Count > 0)
        {
            terminal.Unsettled = MoneyResource.Counter(view.Unsettled[0]);
        }

        if (view is { Health: { } health, HealthTime: { } told })
        {
            terminal.Health = HealthResource.From(health, told);
        }

        return terminal;
    }

    /// <summary>One lifecycle change.</summary>
    public static Fleet.V1.TerminalMove From(Domain.Terminals.TerminalMove move) => new()
    {
        From = StateOf(move.From),
        To = StateOf(move.To),
        Time = MoneyResource.Time(move.Time),
        Actor = move.Actor.ToString(),
        Reason = move.Reason.Length > 0 ? $"{move.Event}: {move.Reason}" : move.Event.ToString(),
    };

    private static Terminal.Types.State StateOf(TerminalState state) => state switch
    {
        TerminalState.Registered => Terminal.Types.State.Registered,
        TerminalState.Enrolled => Terminal.Types.State.Enrolled,
        TerminalState.Active => Terminal.Types.State.Active,
        TerminalState.Suspended => Terminal.Types.State.Suspended,
        TerminalState.Settling => Terminal.Types.State.Settling,
        TerminalState.Locked => Terminal.Types.State.Locked,
        TerminalState.Retiring => Terminal.Types.State.Retiring,
        TerminalState.Retired => Terminal.Types.State.Retired,
        TerminalState.Lost => Terminal.Types.State.Lost,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "no such state"),
    };
}
