using static Fleet.Contracts.Link.V1.GateChange.Types;

namespace Fleet.Agent.Gate;

/// <summary>The one table of the gate: which position may follow which. What is not in it is refused.</summary>
public static class GateTransitions
{
    private static readonly Dictionary<State, State[]> Table = new()
    {
        [State.Open] = [State.Draining, State.Disabled],
        [State.Draining] = [State.Open, State.Disabled, State.Locked, State.Retired],
        [State.Disabled] = [State.Open, State.Draining],
        [State.Locked] = [State.Open, State.Disabled, State.Draining],
        [State.Retired] = [],
    };

    /// <summary>True when the table has the row.</summary>
    public static bool Allows(State from, State to) => Table.TryGetValue(from, out var targets) && targets.Contains(to);

    /// <summary>Every row, for documentation and tests.</summary>
    public static IEnumerable<(State From, State To)> Rows => Table.SelectMany(static row => row.Value, static (row, to) => (row.Key, to));
}
