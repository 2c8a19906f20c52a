using Fleet.Agent.Terminal;

namespace Fleet.Agent.Health;

/// <summary>The line trace, while it is on: nobody should forget it.</summary>
public sealed class TraceStatusSource(LineTrace trace, TimeProvider clock) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        if (trace.Since is { } since)
        {
            yield return new StatusLine("trace.line", "Line trace", $"on for {DurationText.Of(clock.GetUtcNow() - since)}, in {trace.Path}");
        }
    }
}
