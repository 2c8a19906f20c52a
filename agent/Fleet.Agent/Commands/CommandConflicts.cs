using static Fleet.Contracts.Link.V1.CommandKind;

namespace Fleet.Agent.Commands;

/// <summary>What becomes of a command that arrives while another has begun.</summary>
public enum ConflictRule
{
    /// <summary>It waits its turn.</summary>
    Queue,

    /// <summary>It is refused with CONFLICTING_COMMAND.</summary>
    Refuse,

    /// <summary>The one that has begun ends as failed, and the new one takes its place.</summary>
    Supersede,
}

/// <summary>The one table of conflicts: (begun, arriving) to rule. What is not in it is refused.</summary>
public static class CommandConflicts
{
    // Closing wins over opening at any time. While money is being settled nothing else may touch gate or terminal: the way
    // out of a blocked settlement is a new verdict. Nothing follows a retirement.
    private static readonly Dictionary<(Contracts.Link.V1.CommandKind Begun, Contracts.Link.V1.CommandKind Arriving), ConflictRule> Table = new()
    {
        [(Disable, Disable)] = ConflictRule.Queue,
        [(Disable, Enable)] = ConflictRule.Queue,
        [(Disable, SettleAndLock)] = ConflictRule.Queue,
        [(Disable, Retire)] = ConflictRule.Queue,
        [(Enable, Disable)] = ConflictRule.Supersede,
        [(Enable, Enable)] = ConflictRule.Queue,
        [(Enable, SettleAndLock)] = ConflictRule.Supersede,
        [(Enable, Retire)] = ConflictRule.Supersede,
        [(SettleAndLock, Disable)] = ConflictRule.Refuse,
        [(SettleAndLock, Enable)] = ConflictRule.Refuse,
        [(SettleAndLock, SettleAndLock)] = ConflictRule.Refuse,
        [(SettleAndLock, Retire)] = ConflictRule.Refuse,
        [(Retire, Disable)] = ConflictRule.Refuse,
        [(Retire, Enable)] = ConflictRule.Refuse,
        [(Retire, SettleAndLock)] = ConflictRule.Refuse,
        [(Retire, Retire)] = ConflictRule.Refuse,
    };

    /// <summary>The rule of the table.</summary>
    public static ConflictRule RuleFor(Contracts.Link.V1.CommandKind begun, Contracts.Link.V1.CommandKind arriving) =>
        Table.TryGetValue((begun, arriving), out var rule) ? rule : ConflictRule.Refuse;

    /// <summary>Every row, for documentation and tests.</summary>
    public static IEnumerable<(Contracts.Link.V1.CommandKind Begun, Contracts.Link.V1.CommandKind Arriving, ConflictRule Rule)> Rows =>
        Table.Select(static row => (row.Key.Begun, row.Key.Arriving, row.Value));
}
