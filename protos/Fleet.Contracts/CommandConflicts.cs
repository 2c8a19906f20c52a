using Fleet.Contracts.Link.V1;
using static Fleet.Contracts.CommandNature;
using static Fleet.Contracts.ConflictRule;

namespace Fleet.Contracts;

/// <summary>What becomes of a command that arrives while another has begun.</summary>
public enum ConflictRule
{
    /// <summary>It waits its turn.</summary>
    Queue,

    /// <summary>It is executed as soon as the one that has begun waits for something.</summary>
    Beside,

    /// <summary>It is refused with CONFLICTING_COMMAND.</summary>
    Refuse,

    /// <summary>The one that has begun ends as failed, and the new one takes its place.</summary>
    Supersede,
}

/// <summary>The one table of conflicts, for server and agent: (begun, arriving) to rule. What is not in it is refused.</summary>
public static class CommandConflicts
{
    private static readonly CommandNature[] Arriving = [Reading, Rules, Touching, Opening, Closing, Settling, Locking, Retiring];

    // Closing wins over opening at any time, and money over a question. While a batch is being closed for good nothing else may touch
    // gate or terminal; who wants to know why it does not get on may ask. Nothing follows a retirement.
    private static readonly Dictionary<CommandNature, ConflictRule[]> Table = new()
    {
        //                     Reading Rules   Touching Opening Closing    Settling   Locking    Retiring
        [Reading] = [Queue, Beside, Queue, Queue, Supersede, Supersede, Supersede, Supersede],
        [Rules] = [Queue, Queue, Queue, Queue, Queue, Queue, Queue, Queue],
        [Touching] = [Beside, Beside, Queue, Queue, Supersede, Supersede, Supersede, Supersede],
        [Opening] = [Beside, Beside, Queue, Queue, Supersede, Supersede, Supersede, Supersede],
        [Closing] = [Beside, Beside, Queue, Queue, Queue, Queue, Queue, Queue],
        [Settling] = [Beside, Beside, Queue, Queue, Queue, Refuse, Queue, Queue],
        [Locking] = [Beside, Beside, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse],
        [Retiring] = [Beside, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse, Refuse],
    };

    /// <summary>Every row, for documentation and tests.</summary>
    public static IEnumerable<(CommandNature Begun, CommandNature Arriving, ConflictRule Rule)> Rows =>
        Table.SelectMany(static row => row.Value, static (row, rule) => (row.Key, rule)).Select(static (row, i) => (row.Key, Arriving[i % Arriving.Length], row.rule));

    /// <summary>The rule of the table.</summary>
    public static ConflictRule RuleFor(CommandKind begun, CommandKind arriving) =>
        CommandKinds.Find(begun) is { } first && CommandKinds.Find(arriving) is { } second
            ? Table[first.Nature][Array.IndexOf(Arriving, second.Nature)]
            : Refuse;
}
