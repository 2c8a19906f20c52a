namespace Fleet.Agent.Journal;

/// <summary>
/// Names every place where a crash is interesting: before and after each durable step. Production does nothing there; a test
/// ends the process at the n-th passage, so that the list of crashes is made by the code and not by hand.
/// </summary>
public interface ICrashPoints
{
    /// <summary>The program is at <paramref name="point"/>: a stable word, for example <c>commit-intent-after</c>.</summary>
    void Reached(string point);
}

/// <summary>Production: nothing happens at a crash point.</summary>
public sealed class NoCrashPoints : ICrashPoints
{
    /// <summary>The only instance that is needed.</summary>
    public static NoCrashPoints Instance { get; } = new();

    /// <inheritdoc/>
    public void Reached(string point)
    {
    }
}
