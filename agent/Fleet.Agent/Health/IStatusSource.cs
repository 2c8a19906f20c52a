namespace Fleet.Agent.Health;

/// <summary>One room's part of the status that a technician reads on site.</summary>
public interface IStatusSource
{
    /// <summary>What it says now, in the order of importance.</summary>
    IEnumerable<StatusLine> Read();
}

/// <summary>How a line of the status is to be taken.</summary>
public enum StatusLevel
{
    /// <summary>As it should be, or mere information.</summary>
    Good,

    /// <summary>Works, but somebody should look.</summary>
    Attention,

    /// <summary>Does not work.</summary>
    Bad,
}

/// <summary>One line of the status.</summary>
/// <param name="Name">Stable name with dots, for programs: <c>link.state</c>.</param>
/// <param name="Label">For people.</param>
/// <param name="Value">For people, without card data.</param>
/// <param name="Level">How to take it.</param>
/// <param name="NextStep">What to do about it; empty when there is nothing to do.</param>
public sealed record StatusLine(string Name, string Label, string Value, StatusLevel Level = StatusLevel.Good, string NextStep = "");
