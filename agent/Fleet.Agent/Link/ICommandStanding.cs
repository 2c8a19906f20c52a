namespace Fleet.Agent.Link;

/// <summary>What the first message after every connect tells about commands.</summary>
public interface ICommandStanding
{
    /// <summary>Highest counter of a command that was accepted; 0 before the first.</summary>
    ulong HighestCounter { get; }

    /// <summary>Commands that are accepted and not finished, oldest first.</summary>
    IReadOnlyList<string> OpenCommandIds { get; }
}
