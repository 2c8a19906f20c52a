using Fleet.Agent.Commands;

namespace Fleet.Agent.Health;

/// <summary>Commands of the server that are not finished.</summary>
public sealed class CommandStatusSource(CommandStore store, CommandTimes times) : IStatusSource
{
    /// <inheritdoc/>
    public IEnumerable<StatusLine> Read()
    {
        var now = times.Fleet.Now;
        var open = store.Open.Select(c => (Command: c, StartsLater: !c.IsStarted && UnixTime.Until(c.NotBeforeUnixMicros, now) > TimeSpan.Zero)).ToList();
        var isQuiet = open.TrueForAll(static c => c.StartsLater);
        yield return new StatusLine("commands.open", "Open commands", open.Count == 0 ? "none" : $"{open.Count}", isQuiet ? StatusLevel.Good : StatusLevel.Attention);
        foreach (var (command, startsLater) in open)
        {
            yield return startsLater
                ? new StatusLine($"commands.{command.Id}", "  " + command.Kind, $"starts at {UnixTime.ToTime(command.NotBeforeUnixMicros).UtcDateTime:u}, {command.Id}")
                : new StatusLine($"commands.{command.Id}", "  " + command.Kind, $"{command.Stage}, {command.Id}", StatusLevel.Attention);
        }
    }
}
